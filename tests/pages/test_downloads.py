"""Downloads of the whole dataset."""

import gzip
import hashlib
from pathlib import Path

import httpx
import pytest
from accsm_server.http.middleware import compression

UNPACK = {"": bytes, ".gz": gzip.decompress, ".zst": lambda body: compression.zstd.decompress(body)}


def get(client: httpx.Client, path: str, accept: str = "*/*") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


@pytest.mark.parametrize("suffix", UNPACK)
@pytest.mark.parametrize("format", ["nq", "trig"])
def test_a_download_equals_the_build(
    client: httpx.Client, dataset_path: Path, format: str, suffix: str
) -> None:
    built = dataset_path.with_suffix(f".{format}").read_bytes()
    answer = get(client, f"/accsm.{format}{suffix}", "text/html")  # Accept is ignored
    assert answer.status_code == 200
    assert UNPACK[suffix](answer.content) == built
    assert answer.headers["Cache-Control"] == "public, no-cache"
    version = hashlib.sha256(dataset_path.read_bytes()).hexdigest()
    path = f"/dataset/{version}/accsm.{format}{suffix}"
    assert answer.headers["Content-Location"] == path
    permanent = get(client, path)
    assert permanent.content == answer.content
    assert permanent.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/accsm.pdf", f"/dataset/{'0' * 64}/accsm.nq", "/dataset/x/accsm.nq"]
)
def test_unknown_files_are_answered_404(client: httpx.Client, path: str) -> None:
    answer = get(client, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
