"""Run the W3C's tests and write the record that /conformance shows: `make conformance`."""

import os
import sys
from pathlib import Path

from accsm_server.pages.conformance import write_record
from conformance.suites import run, scores


def main() -> int:
    """Run the tests in the folder that ACCSM_W3C names; return 1 if one that reads has failed."""
    folder = os.environ.get("ACCSM_W3C")
    if not folder:
        sys.exit("ACCSM_W3C is not set: it names the folder of the W3C's SPARQL tests")
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
