"""nginx and Caddy before a server, with the shipped files and other ports and certificates."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from engine.elsewhere import free_port
from project import ROOT
from serving import Reply, Server, until

DEPLOY = ROOT / "server" / "deploy"
NAME = "kg.example.org"
_TIMEOUT = 60  # seconds for a response
_NGINX = """
daemon off; user root; pid nginx.pid; error_log error.log; worker_processes 1;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
    scgi_temp_path e;
    include site.conf;
}
"""
_CADDY = """{{
    admin off
    default_bind 127.0.0.1
    http_port {http}
    https_port {https}
    local_certs
    skip_install_trust
}}
"""


@dataclass(frozen=True)
class Front:
    """A reverse proxy: its ports, and the certificate that it shows or whose owner signed it."""

    http: int
    https: int
    certificate: Path

    @property
    def origin(self) -> str:
        """The address of the host."""
        return f"https://{NAME}:{self.https}"

    def open(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """Send a request with an unchanged target, and return when the head of the response came.

        The headers are those given, besides Host and Content-Length.
        """
        connection = HTTPConnection(f"{NAME}:{self.https}", timeout=_TIMEOUT)
        context = ssl.create_default_context(cafile=self.certificate)
        plain = socket.create_connection(("127.0.0.1", self.https), _TIMEOUT)
        connection.sock = context.wrap_socket(plain, server_hostname=NAME)
        connection.request(method, target, body or None, headers or {})
        return connection, connection.getresponse()

    def send(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Send a request as `open` does, and return the whole response."""
        connection, response = self.open(method, target, headers, body)
        try:
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextmanager
def nginx(server: Server, folder: Path) -> Iterator[Front]:
    """Run nginx with server/deploy/nginx.conf before ``server``."""
    command = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if command is None or not shutil.which("openssl"):
        pytest.skip("nginx or openssl is not on the path: install nginx-light and openssl")
    front = Front(free_port(), free_port(), _certificate(folder))
    site = (DEPLOY / "nginx.conf").read_text()
    site = re.sub(r".*listen \[::\].*\n", "", site)
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{front.http};"),
        ("listen 443 ", f"listen 127.0.0.1:{front.https} "),
        ("127.0.0.1:8000", server.url.removeprefix("http://")),
        (f"/etc/letsencrypt/live/{NAME}/", f"{folder}/"),
    ):
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(_NGINX)
    words = ["-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
    with _running([command, *words], folder, front):
        yield front


@contextmanager
def caddy(server: Server, folder: Path) -> Iterator[Front]:
    """Run Caddy with server/deploy/Caddyfile before ``server``."""
    command = shutil.which("caddy")
    if command is None:
        pytest.skip("caddy is not on the path: install caddy")
    root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    front = Front(free_port(), free_port(), root)
    site = (DEPLOY / "Caddyfile").read_text()
    assert "127.0.0.1:8000" in site
    site = site.replace("127.0.0.1:8000", server.url.removeprefix("http://"))
    options = _CADDY.format(http=front.http, https=front.https)
    (folder / "Caddyfile").write_text(options + site)
    words = ["run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with _running([command, *words], folder, front):
        yield front


FRONTS: dict[str, Callable[[Server, Path], object]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def _running(command: list[str], folder: Path, front: Front) -> Iterator[None]:
    """Run a program in ``folder`` until it serves; its log is in the error otherwise."""
    environment = {"XDG_DATA_HOME": str(folder), "HOME": str(folder), "PATH": "/usr/bin"}
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )

    def is_serving() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return front.send("GET", "/").status == 404
        except (OSError, ValueError):
            return False

    try:
        until(is_serving)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _certificate(folder: Path) -> Path:
    """Write a certificate of `NAME` that signs itself, with the names of Let's Encrypt."""
    path = folder / "fullchain.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(path)]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    return path
