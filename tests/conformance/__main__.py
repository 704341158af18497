"""Run the W3C tests and write the results that /conformance shows: `make conformance`."""

import os
import sys
from pathlib import Path

from accsm_server.pages.conformance import write_record
from conformance.suites import run, scores


def main() -> int:
    """Run the tests in the folder ACCSM_W3C; return 1 if a test that does not write failed."""
    folder = os.environ.get("ACCSM_W3C")
    if not folder:
        sys.exit("ACCSM_W3C is not set: set it to the folder of the W3C SPARQL tests")
    found = scores(run(Path(folder)))
    write_record(found)
    for score in found:
        print(f"{score.passed:3} of {score.applicable:3}, {score.refused:2} refused  {score.title}")
        for one in score.outcomes:
            if one.fault:
                print(f"      {one.name}: {one.fault}")
    return int(any(score.passed < score.applicable for score in found))


if __name__ == "__main__":
    sys.exit(main())
