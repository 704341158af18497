"""Turn `python -m server DATASET` into a running server."""

import argparse
import sys
from pathlib import Path

from server import run


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    try:
        run(options.dataset, options.host, options.port, _say)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


def _say(url: str) -> None:
    print(f"Serving at {url}", flush=True)


if __name__ == "__main__":
    main()
