"""Headers of every response: a strict policy for browsers, and access for other origins (CORS).

uvicorn adds them, so that its own error responses have them as well.
"""

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_EXPOSED = (
    "Accept-Ranges, Allow, Content-Disposition, Content-Location, Content-Range, ETag, Hint, Link, "
    "Repr-Digest, Retry-After, X-Limits"
)
HEADERS = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", _EXPOSED),
    ("content-security-policy", _POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
]
