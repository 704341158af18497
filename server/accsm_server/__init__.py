"""Turn a dataset into a web server: pages, linked data and a SPARQL endpoint."""

from collections.abc import Callable
from pathlib import Path


def run(
    dataset: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve ``dataset`` until stopped; call ``ready`` with the address when queries are answered.

    Raises OSError when the address is taken or a file cannot be read, and ValueError that says what
    is wrong with the dataset or a setting.
    """
    from accsm_server.serve import serve

    serve(dataset, host, port, ready)
