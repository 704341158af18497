"""Turn test data into a server of this program over them, and requests into its replies."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from pyoxigraph import Quad, RdfFormat, serialize

_ROOT = str(Path(__file__).parents[2])  # of this very program
_START = 60  # seconds until a server must answer
_REPLY = 60  # seconds until a reply must be there


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def media_type(self) -> str:
        """Return the Content-Type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip()


@contextmanager
def serving(quads: Iterable[Quad]) -> Iterator[str]:
    """Serve ``quads`` and give the address; raises RuntimeError when the server does not start."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCSM_")}
    environment["PYTHONPATH"] = os.pathsep.join([_ROOT, environment.get("PYTHONPATH", "")])
    with TemporaryDirectory() as folder:
        data, log = Path(folder) / "data.nq", Path(folder) / "log"
        data.write_bytes(serialize(quads, format=RdfFormat.N_QUADS) or b"")
        command = [sys.executable, "-P", "-m", "server", str(data), "--port", "0"]
        with log.open("wb") as said:
            server = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        try:
            yield _address(server, log)
        finally:
            server.terminate()
            server.wait()


def _address(server: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + _START
    while time.monotonic() < until and server.poll() is None:
        if found := re.search(r"Serving at (\S+)/", log.read_text()):
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"the server does not start: {log.read_text()}")


def send(
    url: str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> Reply:
    """Send a request with these headers and no others but Host and Content-Length."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_REPLY)
    try:
        connection.request(method, target, body or None, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()
