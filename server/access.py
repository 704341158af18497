"""Turn a request that was answered into a line of JSON on standard output."""

import json
import sys
import time
from contextlib import suppress
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Scope


def log(
    scope: Scope, path: str, status: int, size: int, seconds: float, note: dict[str, Any]
) -> None:
    """Write the line; a query appears as its hash, a client not at all."""
    query = note.get("query") or _query(scope)
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "method": scope["method"],
        "path": path,
        "status": status,
        "query": sha256(query.encode("utf-8", "replace")).hexdigest()[:16] if query else None,
        "ms": round(seconds * 1000, 2),
        "rows": note.get("rows"),
        "bytes": size,
        "outcome": note["outcome"],
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _query(scope: Scope) -> str:
    """Return the query of a GET that was answered from the cache."""
    with suppress(ValueError):  # more fields than anyone needs
        found = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=1000)
        return "".join(found.get("query", []))
    return ""
