"""Types of ASGI headers, and the values of Cache-Control."""

Header = tuple[bytes, bytes]
Headers = list[Header]

#: Caches may store the response, and must revalidate it before each use.
REVALIDATE = "public, no-cache"
#: For responses whose URL contains their version.
FOREVER = "public, max-age=31536000, immutable"
#: Added for files, which are sent without a content coding and are not cached: see `http.files`.
NO_TRANSFORM = "no-transform"
#: For errors, and for responses that differ each time.
NEVER = "no-store"
