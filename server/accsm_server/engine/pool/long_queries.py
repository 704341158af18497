"""The long queries: those that have left their places, and which of them gives way."""

from collections import Counter
from typing import Generic

from accsm_server.engine.pool.fair_queue import W


class LongQueries(Generic[W]):
    """The workers of long queries, at most ``most`` at once, in the order of their beginning.

    Pools of one server share them, so that a reload does not double their number.
    """

    def __init__(self, most: int) -> None:
        """Admit ``most`` at once."""
        self.most = most
        self._workers: dict[W, None] = {}

    def __len__(self) -> int:
        """Return the number of long queries."""
        return len(self._workers)

    def admit(self, newcomer: W) -> W | None:
        """Add ``newcomer``; return the one that must give way, which the caller discards.

        It is the oldest query of the client who has most, or the newcomer if its client alone has
        most.
        """
        self._workers[newcomer] = None
        if len(self._workers) <= self.most:
            return None
        counts = Counter(worker.client for worker in self._workers)
        most = max(counts.values())
        clients = [client for client, count in counts.items() if count == most]
        if clients == [newcomer.client]:
            return newcomer
        return next(worker for worker in self._workers if worker.client in clients)

    def discard(self, worker: W) -> bool:
        """Remove ``worker``; return whether it was there."""
        present = worker in self._workers
        self._workers.pop(worker, None)
        return present
