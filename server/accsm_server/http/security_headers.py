"""Headers of every response: a strict policy for browsers, and access for other origins (CORS).

uvicorn adds them, so that its own error responses have them as well.
"""

#: The part of the policy that a page itself can state, in a `meta` element.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_POLICY = f"{PAGE_POLICY}; frame-ancestors 'none'"
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
