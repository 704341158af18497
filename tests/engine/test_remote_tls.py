"""An engine elsewhere behind HTTPS with a login and a header, before a real engine."""

import base64
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from engine.elsewhere import oxigraph, small
from engine.hostility import ask
from serving import Server, running

LOGIN, KEY = "kgreader:a:secret word", "hidden-key"
ENCODED = base64.b64encode(LOGIN.encode()).decode()
HEADERS = f"X-Key: {KEY}"
SAID = re.compile(rf"secret|hidden(-key|, not)|kgreader|{re.escape(ENCODED)}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Front"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = self.headers["Authorization"], self.headers["X-Key"]
        if sent != (f"Basic {ENCODED}", KEY) or self.server.is_closed:
            self._send(401, {}, b"who are you, " + str(sent).encode())
            return
        names = ("Accept", "Content-Type")
        found = httpx.post(
            self.server.engine, content=body, headers={name: self.headers[name] for name in names}
        )
        kept = {name: found.headers[name] for name in ("Content-Type", "Server")}
        self._send(found.status_code, kept, found.content)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Front(ThreadingHTTPServer):
    """An HTTPS server that passes requests with the right credentials on to ``engine``."""

    daemon_threads = True

    def __init__(self, engine: str, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.engine, self.is_closed = engine, False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that do not trust the certificate."""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_address[1]}/query"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost that signs itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("certificate") / "front.pem"
    key = str(path.with_suffix(".key"))
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", key, "-out", str(path)]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def front(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with (
        oxigraph(small(tmp_path_factory.mktemp("engine"))) as (url, _),
        Front(url, certificate) as server,
    ):
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def served(front: Front, certificate: Path | None, login: str, key: str) -> Iterator[Server]:
    """Serve the engine behind ``front``; its certificate is trusted if it is given."""
    with pytest.MonkeyPatch.context() as patch:
        if certificate:
            patch.setenv("SSL_CERT_FILE", str(certificate))
        else:
            patch.delenv("SSL_CERT_FILE", raising=False)
        settings = {"ENDPOINT_LOGIN": login, "ENDPOINT_HEADERS": key, "COLUMNS": "300"}
        with running(None, "--endpoint", front.url, "--access-log", **settings) as server:
            yield server


def test_the_right_credentials_are_sent_and_never_shown(front: Front, certificate: Path) -> None:
    with served(front, certificate, LOGIN, HEADERS) as server:
        assert ask(server, "ASK { ?s ?p ?o }").json()["boolean"] is True
        assert ask(server, "CONSTRUCT WHERE { ?s ?p ?o }", "nt").text.count("\n") == 20
        front.is_closed = True
        try:
            answers = [ask(server, "ASK { ?s <urn:p> ?o }"), httpx.get(f"{server.url}/projects")]
        finally:
            front.is_closed = False
        assert [answer.status_code for answer in answers] == [502, 502]
        assert "refuses the requests of this server (401)" in answers[0].json()["detail"]
        for path, kind in (
            ("/conformance", "text/html"),
            ("/sparql", "text/turtle"),
            ("/healthz", "*/*"),
            ("/metrics", "*/*"),
            ("/dataset", "text/turtle"),
        ):
            answers.append(httpx.get(server.url + path, headers={"Accept": kind}))
        assert ask(server, "ASK { ?s ?p ?o } # again").status_code == 200
        shown = [*(answer.text + str(answer.headers) for answer in answers), server.log.read_text()]
    assert [text for text in shown if SAID.search(text)] == []


@pytest.mark.parametrize(
    ("login", "key"),
    [("kgreader:a:wrong secret", HEADERS), (LOGIN, "X-Key: hidden, not"), ("", "")],
)
def test_wrong_credentials_are_reported_at_the_start(
    front: Front, certificate: Path, login: str, key: str
) -> None:
    with pytest.raises(RuntimeError) as refused, served(front, certificate, login, key):
        pass
    assert "refuses the requests of this server (401)" in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not SAID.search(str(refused.value))


def test_a_certificate_that_is_not_trusted_is_reported_at_the_start(front: Front) -> None:
    with pytest.raises(RuntimeError) as refused, served(front, None, LOGIN, HEADERS):
        pass
    assert "certificate of the engine is not trusted: self" in str(refused.value)
    assert "SSL_CERT_FILE" in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not SAID.search(str(refused.value))


def test_an_endpoint_without_tls_is_reported_at_the_start(tmp_path: Path) -> None:
    with (
        oxigraph(small(tmp_path)) as (url, _),
        pytest.raises(RuntimeError, match="does not speak TLS"),
        running(None, "--endpoint", url.replace("http:", "https:"), COLUMNS="300"),
    ):
        pass
