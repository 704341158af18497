"""Turn a request that was answered into a line of JSON on standard output."""

import json
import sys
import time
from contextlib import suppress
from hashlib import sha256
from urllib.parse import parse_qs

from starlette.types import Scope

from accsm_server.http.visit import Visit


def log(scope: Scope, visit: Visit, status: int, size: int, seconds: float) -> None:
    """Write the line; a query appears as its hash, a client not at all."""
    query = visit.query or _query(scope)
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "method": scope["method"],
        "path": visit.path,
        "status": status,
        "query": sha256(query.encode("utf-8", "replace")).hexdigest()[:16] if query else None,
        "ms": round(seconds * 1000, 2),
        "rows": visit.rows,
        "bytes": size,
        "outcome": visit.outcome,
    }
    with suppress(OSError):  # nobody reads it any more, or there is no room for it
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _query(scope: Scope) -> str:
    """Return the query of a GET that was answered from the cache."""
    with suppress(ValueError):  # more fields than anyone needs
        found = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=1000)
        return "".join(found.get("query", []))
    return ""
