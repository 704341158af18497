"""A web server over a dataset: a SPARQL endpoint, linked data and pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


def run(
    dataset: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] = lambda url: None,
    **options: Any,
) -> None:
    """Serve ``dataset`` until stopped; call ``ready`` with the address when queries are answered.

    The ``options`` are those of `serve.serve`. Raises OSError when the address is taken or a file
    cannot be read, and ValueError that says what is wrong with the dataset or a setting.
    """
    from accsm_server.serve import serve  # workers import this package and must stay small

    serve(dataset, host, port, ready, **options)
