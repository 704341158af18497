"""Turn the W3C's tests into the record that /conformance shows: `python -m server.conformance`."""

import argparse
import os
import sys
from pathlib import Path

from server.conformance import record, suites


def main() -> int:
    """Run the tests, keep the record; return 0 if all of them passed that do not write."""
    parser = argparse.ArgumentParser(prog="python -m server.conformance", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the tests; else ACCSM_W3C")
    given = parser.parse_args().folder or os.environ.get("ACCSM_W3C")
    if not given:
        parser.error("name the folder of the W3C's tests, or set ACCSM_W3C")
    try:
        run = record.made(suites.run(Path(given)))
        record.write(run)
    except (OSError, RuntimeError) as error:
        parser.exit(2, f"error: {error}\n")
    for score in run.scores:
        print(f"{score.passed:3} of {score.asked:3}, {score.refused:2} refused  {score.title}")
        for one in score.outcomes:
            if one.fault:
                print(f"      {one.name}: {one.fault}")
    return int(any(score.passed < score.asked for score in run.scores))


if __name__ == "__main__":
    sys.exit(main())
