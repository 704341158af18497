"""Run the W3C tests and write the results that /conformance shows: `make conformance`."""

import os
import sys
from pathlib import Path

from accsm_server.pages.conformance_record import read_deviations, write_record
from conformance.suites import run, scores


def main() -> int:
    """Run the tests in the folder ACCSM_W3C; return 1 if others fail than in deviations.toml."""
    folder = os.environ.get("ACCSM_W3C")
    if not folder:
        sys.exit("ACCSM_W3C is not set: set it to the folder of the W3C SPARQL tests")
    found = scores(run(Path(folder)))
    write_record(found)
    known = {test for deviation in read_deviations() for test in deviation.tests}
    failed = {one.test: one.fault for score in found for one in score.outcomes if one.fault}
    for score in found:
        print(f"{score.passed:3} of {score.applicable:3}, {score.refused:2} refused  {score.title}")
    for test in sorted(known ^ failed.keys()):
        print(f"{test}: {failed.get(test, 'passes, but is in deviations.toml')}")
    return int(known != failed.keys())


if __name__ == "__main__":
    sys.exit(main())
