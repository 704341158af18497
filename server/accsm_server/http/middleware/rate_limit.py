"""A limit on the requests of each client."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Awaitable, Set

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.errors import TooManyRequests
from accsm_server.http import problems
from accsm_server.http.context import RequestContext
from accsm_server.remembering import remembering

_BURST = 5.0  # seconds of the rate that a client may use at once
_MAX_CLIENTS = 20_000  # clients remembered; the one seen least recently is forgotten first
_DEFAULT_RATE = 50.0  # requests per second


class RateLimit:
    """ASGI middleware that answers 429 to clients that send more than their rate allows."""

    def __init__(self, app: ASGIApp, rate: float | None, exempt: Set[str] = frozenset()) -> None:
        """Limit requests to ``app`` to a ``rate`` (see `Limiter`), but for the paths ``exempt``."""
        self._app, self._exempt = app, exempt
        self._limiter = Limiter(rate)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or answer 429."""
        context: RequestContext = scope["request_context"]
        context.client = client_of(scope)
        if context.path not in self._exempt:
            wait = self._limiter.wait(context.client, context.started)
            if wait:
                return problems.send_error(_too_many_requests(wait), scope, receive, send)
        return self._app(scope, receive, send)


def _too_many_requests(wait: float) -> TooManyRequests:
    seconds = math.ceil(wait)
    headers = {"Retry-After": str(seconds)}
    return TooManyRequests("", f"Wait {seconds} s before the next request.", headers=headers)


def client_of(scope: Scope) -> str:
    """Return the address of the client; in IPv6 its /64 network, as one subscriber has."""
    client = scope.get("client")
    return _subscriber(client[0]) if client else ""


@remembering(4096, 64)
def _subscriber(host: str) -> str:
    """Return the /64 network of an IPv6 address, and any other host unchanged.

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
    """A rate limit per client that allows bursts, by the generic cell rate algorithm."""

    def __init__(self, rate: float | None) -> None:
        """Allow ``rate`` requests per second; 0 sets no limit.

        None is the default rate, from which loopback addresses are exempt.
        """
        self._exempts_loopback = rate is None
        rate = _DEFAULT_RATE if rate is None else rate
        self._gap = 1 / rate if rate else 0.0
        self._next_times: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """Count a request, or return the seconds after which ``client`` may send one."""
        if not self._gap or (self._exempts_loopback and client.startswith(("127.", "::1"))):
            return 0.0
        due = max(self._next_times.get(client, now), now)
        excess = due + self._gap - now - max(_BURST, self._gap)
        if excess > 0:
            return excess
        self._next_times[client] = due + self._gap
        self._next_times.move_to_end(client)
        if len(self._next_times) > _MAX_CLIENTS:
            self._next_times.popitem(last=False)
        return 0.0
