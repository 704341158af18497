"""How many requests one client may send."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Awaitable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.errors import TooManyRequests
from accsm_server.http import problems
from accsm_server.http.context import RequestContext

_BURST = 5.0  # seconds of the rate that may come at once
_REMEMBERED = 20_000  # clients
_RATE = 50.0  # requests a second where nothing else is said


class RateLimit:
    """ASGI middleware that answers 429 to clients that send more than their rate allows."""

    def __init__(self, app: ASGIApp, rate: float | None, exempt: tuple[str, ...] = ()) -> None:
        """Limit requests to ``app`` to a ``rate`` (see `Limiter`), but for the paths ``exempt``."""
        self._app, self._exempt = app, exempt
        self._limiter = Limiter(rate)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or refuse it."""
        context: RequestContext = scope["request_context"]
        context.client = client_of(scope)
        if not context.path.startswith(self._exempt):
            wait = self._limiter.wait(context.client, context.started)
            if wait:
                return problems.refuse(_refusal(wait), scope, receive, send)
        return self._app(scope, receive, send)


def _refusal(wait: float) -> TooManyRequests:
    seconds = math.ceil(wait)
    headers = {"Retry-After": str(seconds)}
    return TooManyRequests("", f"This client may go on in {seconds} s.", headers=headers)


def client_of(scope: Scope) -> str:
    """Return who asks: an address, or the network that one subscriber has in IPv6."""
    client = scope.get("client")
    return _subscriber(client[0]) if client else ""


@lru_cache(maxsize=4096)
def _subscriber(host: str) -> str:
    """Return the /64 of an IPv6 address, and any other host as it is.

    >>> _subscriber("2001:db8::1:2:3:4")
    '2001:db8::/64'
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return host
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(address), 64), strict=False))


class Limiter:
    """A rate for each client, with room for bursts (the generic cell rate algorithm)."""

    def __init__(self, rate: float | None) -> None:
        """Let each client send ``rate`` requests a second for long, 0 any number.

        None stands for a rate that does not apply to this machine itself.
        """
        self._spares_loopback = rate is None
        rate = _RATE if rate is None else rate
        self._gap = 1 / rate if rate else 0.0
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """Return the seconds after which ``client`` may come again, 0 when it is welcome now."""
        if not self._gap or (self._spares_loopback and client.startswith(("127.", "::1"))):
            return 0.0
        due = max(self._due.get(client, now), now)
        over = due + self._gap - now - max(_BURST, self._gap)
        if over > 0:
            return over
        self._due[client] = due + self._gap
        self._due.move_to_end(client)
        if len(self._due) > _REMEMBERED:
            self._due.popitem(last=False)
        return 0.0
