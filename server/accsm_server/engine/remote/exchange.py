"""One query and its answer, over HTTP.

An answer with status 200 need not be complete: engines write errors into the body, cut rows and say
so in a header, or end early. An answer is therefore received to its end before a byte of it is
passed on, in memory up to 256 KiB and beyond that in a temporary file; `conversion` parses it.
"""

import logging
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from urllib.parse import urlencode

import httpx

from accsm_server.errors import (
    AnswerCut,
    AnswerTooLarge,
    DeadlineExceeded,
    EngineError,
    EvaluationError,
    Overloaded,
    QueryError,
    StorageFull,
)

_LOG = logging.getLogger(__name__)
_HELD = 256 << 10  # bytes that are kept in memory
_MOST = 1 << 30  # bytes of an answer
_CONNECT = 5.0  # seconds to connect
_SAID = 2000  # bytes of an error of the engine that are read
_OVERTIME = re.compile(
    rb"time[ -]?out|timed out|time limit|cancell?ed|S1TAT|SR171|SR177", re.IGNORECASE
)
RESULTS, GRAPH = "application/sparql-results+json", "application/n-triples"
_EXPECTED = {
    RESULTS: (RESULTS, "application/json"),
    GRAPH: (GRAPH, "text/plain", "text/ntriples", "application/x-ntriples"),
}
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Credentials:
    """What the engine wants to see in requests; it is never shown or logged."""

    login: tuple[str, str] | None = None
    headers: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        """Return nothing of it."""
        return "Credentials(…)"


@dataclass(frozen=True)
class Received:
    """The whole body of an answer, and the headers of its response."""

    file: IO[bytes]
    size: int
    headers: Mapping[str, str]


class Exchange:
    """The connections to one endpoint."""

    def __init__(self, url: str, credentials: Credentials, places: int) -> None:
        """Ask the endpoint at ``url`` at most ``places`` queries at once."""
        self.url = url
        self._client = httpx.AsyncClient(
            auth=httpx.BasicAuth(*credentials.login) if credentials.login else None,
            headers={"User-Agent": "sparql-proxy", **(credentials.headers or {})},
            follow_redirects=False,
            trust_env=False,
            verify=httpx.create_ssl_context(),
            timeout=httpx.Timeout(None, connect=_CONNECT),
            limits=httpx.Limits(max_connections=places, max_keepalive_connections=places),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ask(
        self,
        text: str,
        accept: str,
        parameters: Parameters = (),
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Received:
        """Return the whole answer to a query; raises QueryError.

        ``accept`` is RESULTS or GRAPH. An answer of more than `_MOST` bytes is an error. What
        arrives when it is no longer wanted is read, but not kept.
        """
        request = self._client.build_request(
            "POST",
            self.url,
            content=urlencode([("query", text), *parameters]).encode(),
            headers={
                "Accept": accept,
                "Accept-Encoding": "identity",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        file = cast("IO[bytes]", SpooledTemporaryFile(_HELD))  # noqa: SIM115 - the caller closes it
        try:
            response = await self._client.send(request, stream=True)
            try:
                _check(response, accept, await _error_text(response))
                size = 0
                async for piece in response.aiter_raw():
                    size += len(piece)
                    if size > _MOST:
                        raise _too_large()
                    if is_wanted():
                        file.write(piece)
            finally:
                await response.aclose()
            _check_cut(response.headers)
            file.seek(0)
            return Received(file, size, response.headers)
        except BaseException as error:
            with suppress(OSError):
                file.close()
            if isinstance(error, OSError):
                raise StorageFull(f"The answer cannot be kept: {error.strerror}") from None
            if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
                raise _broken(error) from None
            raise


async def _error_text(response: httpx.Response) -> bytes:
    """Return the beginning of the body of a response that is no answer."""
    text = b""
    if response.status_code != httpx.codes.OK:
        with suppress(httpx.HTTPError):
            async for piece in response.aiter_raw():
                text += piece
                if len(text) > _SAID:
                    break
    return text[:_SAID]


def _too_large() -> AnswerTooLarge:
    error = AnswerTooLarge(f"The engine sent more than {_MOST >> 20} MiB.")
    error.title = "The answer is too large"
    error.hint = "Add LIMIT to the query, or ask for parts of it."
    return error


def _broken(error: Exception) -> EngineError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return EngineError(
                f"The certificate of the engine is not trusted: {cause.verify_message}. If its "
                "authority is your own, name the file of that in SSL_CERT_FILE."
            )
        if isinstance(cause, ssl.SSLError):
            return EngineError(f"The engine does not speak TLS as it should: {cause.reason}.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return EngineError("The engine cannot be reached.")
    return EngineError("The engine broke off its answer.")


def _check(response: httpx.Response, accept: str, text: bytes) -> None:
    """Raise QueryError unless a response begins an answer."""
    status = response.status_code
    if status != httpx.codes.OK:
        raise refusal(status, text)
    headers = response.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _EXPECTED[accept]:
        raise EngineError(f"The engine answered in the format {kind[:60] or 'of no name'}.")
    if headers.get("content-encoding", "identity") != "identity":
        raise EngineError("The engine compressed its answer, which was not asked for.")
    if "content-length" not in headers and headers.get("transfer-encoding") != "chunked":
        raise EngineError("The engine does not say where its answer ends.")


def refusal(status: int, text: bytes) -> QueryError:
    """Return the error for a response that is no answer."""
    if _OVERTIME.search(text) or status in (httpx.codes.REQUEST_TIMEOUT, 504):
        return overtime()
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return Overloaded("The engine behind this server has no room for more queries.")
    if status == httpx.codes.BAD_REQUEST:
        said = " ".join(text.decode(errors="replace").split())
        return EvaluationError(f"The engine behind this server refused the query: {said[:300]}")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return EngineError(f"The engine refuses the requests of this server ({status}).")
    _LOG.warning("the engine answered with status %d: %.300r", status, text)
    if 300 <= status < 400:
        return EngineError(f"The engine leads elsewhere ({status}), where no query is sent.")
    return EngineError(f"The engine answered with status {status}.")


def _check_cut(headers: Mapping[str, str]) -> None:
    """Raise QueryError if an engine says in a header that it cut an answer."""
    if state := headers.get("x-sql-state"):
        raise overtime() if "TAT" in state else EngineError(f"It ended with the state {state[:20]}")
    if rows := headers.get("x-sparql-maxrows"):
        raise AnswerCut(f"It sends {rows[:20]} rows at most.")


def broken_body(file: IO[bytes], size: int) -> QueryError:
    """Return the error for a body that cannot be parsed: its end may say why."""
    with suppress(OSError, ValueError):
        file.seek(max(0, size - _SAID))
        if _OVERTIME.search(file.read()):
            return overtime()
    return EngineError("The engine sent an answer that cannot be read to its end.")


def overtime() -> DeadlineExceeded:
    """Return the error for a time limit of the engine."""
    return DeadlineExceeded("The engine behind this server ended the query at its time limit.")
