"""How the memory of queries is divided between worker processes."""

import os
from typing import NamedTuple, Self

INTERNAL = 4  # places for pages
_LEAST, _GOOD = 128, 512  # MiB of a worker: fewer public places, fewer long queries for its sake
_FEWEST = 2  # public places, and long queries, whatever the memory


class Budget(NamedTuple):
    """The numbers of worker processes, and what each may use: together at most the total."""

    places: int
    """Public places; one client gets half of those that are free."""
    outbound: int
    """Places for queries with SERVICE."""
    long: int
    """Long queries, which have left their places."""
    limit: int
    """MiB of one worker beyond the dataset."""

    @classmethod
    def divide(cls, total: int, service: bool = False, cores: int | None = None) -> Self:
        """Divide ``total`` MiB; ``service``: whether queries may have SERVICE."""
        cores = cores or os.cpu_count() or 2
        places = _between(_FEWEST, total // _LEAST // 4, 2 * (cores + 2))
        outbound = places // 2 if service else 0
        fixed = INTERNAL + places + outbound
        long = _between(_FEWEST, total // _GOOD - fixed, 4 * cores)
        return cls(places, outbound, long, total // (fixed + long))

    @property
    def workers(self) -> int:
        """Return the number of places, those for pages and SERVICE included."""
        return INTERNAL + self.places + self.outbound

    def __str__(self) -> str:
        """Return the budget as a phrase of the line that the server prints when it starts."""
        count = self.workers + self.long
        return (
            f"{count * self.limit:,} MiB for queries, beside the dataset: {self.limit:,} for each "
            f"of {self.workers} places and {self.long} long queries"
        )


def _between(least: int, number: int, most: int) -> int:
    return max(least, min(number, most))
