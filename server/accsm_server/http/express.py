"""Turn a request into its response without any layer in between, where that can be done.

That is where the answer is kept, or is what the engine says to a query of which nothing else is to
be said. All else takes the long way through the application, with what is known of it already.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from accsm_server.engine.interface import Begun
from accsm_server.gate import Gate
from accsm_server.http.middleware import delivery
from accsm_server.http.middleware.response_cache import Entry, Headers
from accsm_server.http.middleware.security_headers import ALWAYS
from accsm_server.http.negotiation import Format
from accsm_server.http.transport import Line
from accsm_server.sparql import endpoint
from accsm_server.sparql.endpoint import Plain

_LOG = logging.getLogger(__name__)
_LONG_WAY = frozenset([b"content-length", b"expect", b"if-none-match", b"transfer-encoding"])


class Express:
    """One request on its way to its response."""

    def __init__(
        self, gate: Gate, cycle: RequestResponseCycle, line: Line, go_on: Callable[[], None]
    ) -> None:
        """Let the request of ``cycle`` in; ``go_on`` sends it the long way."""
        self._gate, self._cycle, self._line, self._go_on = gate, cycle, line, go_on
        self._scope = cast(Scope, cycle.scope)
        self._visit = gate.admit(self._scope)
        self._begun: Begun | None = None

    def start(self) -> None:
        """Answer at once or soon, or go on."""
        self._attempt(lambda: self._is_simple() and (self._send() or self._ask()))

    def lost(self) -> None:
        """Go on for a client that has hung up: the long way gives up what is asked for it."""
        if self._begun:
            self._begun.tell()

    def _attempt(self, step: Callable[[], bool]) -> None:
        """Go on unless ``step`` leads to the response: a fault of ours must cost nobody else."""
        try:
            done = step()
        except Exception:
            _LOG.exception("the short way failed")
            done = self._cycle.response_complete
        if not done:
            self._go_on()

    def _is_simple(self) -> bool:
        visit = self._visit
        return (
            self._cycle.keep_alive
            and not self._cycle.disconnected
            and self._scope["method"] == "GET"
            and visit.coding is not None
            and not visit.wait
            and _LONG_WAY.isdisjoint(visit.fields)
        )

    def _ask(self) -> bool:
        """Ask the engine, or find out that it was asked before; return whether that was done."""
        visit, scope = self._visit, self._scope
        if visit.path != "/sparql" or delivery.refusal(visit, scope["http_version"]):
            return False
        site = visit.edition.site
        accept = visit.fields.get(b"accept", b"").decode("latin-1")
        plain = endpoint.plain(site, scope["query_string"], accept)
        if plain is None:
            return False
        visit.query = plain.query.text
        if held := site.cache.tagged(plain.tag):
            visit.entry = delivery.keep(visit, held)
            return self._send()
        self._begun = begun = site.engine.begin(plain.query, visit.client)
        if begun is None:
            return False
        begun.then = lambda: self._attempt(lambda: self._take(plain, begun))
        return True

    def _take(self, plain: Plain, begun: Begun) -> bool:
        """Send the answer if all of it is there; return whether it was sent."""
        visit, self._begun = self._visit, None
        body = begun.drain()
        if body is None:
            visit.begun = begun
            return False
        visit.rows = begun.rows
        visit.entry = delivery.keep(visit, Entry(plain.tag, _headers(plain.form), body))
        return self._send()

    def _send(self) -> bool:
        """Send the answer, if it is known and can be sent at once; return whether it was."""
        visit, cycle = self._visit, self._cycle
        able = cycle.keep_alive and not (cycle.disconnected or cycle.flow.write_paused)
        if not (able and visit.entry and visit.coding):
            return False
        variant = delivery.at_hand(visit.entry, visit.coding, visit.edition.site.cache)
        if variant is None:
            return False
        headers, body = variant
        lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
        self._line.write(b"".join([STATUS_LINE[200], *lines, b"\r\n"]))
        self._line.write(body)
        cycle.response_started = cycle.response_complete = True
        self._gate.dismiss(self._scope, 200, len(body))
        cycle.on_response()
        return True


@lru_cache
def _headers(form: Format) -> Headers:
    """Return what an answer in ``form`` is kept with, as the layers of the long way make it."""
    return delivery.take([*endpoint.headers_of(form), *ALWAYS])[0]
