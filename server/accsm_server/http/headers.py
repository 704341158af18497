"""Headers as ASGI has them, and what Cache-Control says."""

Header = tuple[bytes, bytes]
Headers = list[Header]

#: Of a response that may be kept by anyone who asks whether it is new.
REVALIDATE = "public, no-cache"
#: Of a response whose address holds its version.
FOREVER = "public, max-age=31536000, immutable"
#: Of a response that is never the same, and of an error.
NEVER = "no-store"
