"""Types of ASGI headers, and the values of Host and Cache-Control."""

import re

Header = tuple[bytes, bytes]
Headers = list[Header]

#: A name or an address with or without a port: the value of Host (RFC 9110, section 7.2).
HOST = re.compile(r"(?:[\w.~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?", re.ASCII)

#: Caches may store the response, and must revalidate it before each use.
REVALIDATE = "public, no-cache"
#: For responses whose URL contains their version.
FOREVER = "public, max-age=31536000, immutable"
#: Added for files, which are sent without a content coding and are not cached: see `http.files`.
NO_TRANSFORM = "no-transform"
#: For errors, and for responses that differ each time.
NEVER = "no-store"


def filename(name: str, suffix: str) -> str:
    """Return a Content-Disposition with the name of the file that a client may make of a response.

    >>> filename('a "b" c', "csv")
    'inline; filename="a-b-c.csv"'
    """
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.") or "answer"
    return f'inline; filename="{plain}.{suffix}"'
