"""The files of the whole dataset."""

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
@pytest.mark.parametrize("kind", ["nq", "trig"])
def test_a_download_is_the_build_byte_for_byte(
    client: httpx.Client, dataset_path: Path, kind: str, suffix: str
) -> None:
    built = dataset_path.with_suffix(f".{kind}").read_bytes()
    answer = get(client, f"/accsm.{kind}{suffix}", "text/html")  # a file has but one type
    assert answer.status_code == 200
    assert UNPACK[suffix](answer.content) == built
    assert answer.headers["Cache-Control"] == "public, no-cache"
    version = hashlib.sha256(dataset_path.read_bytes()).hexdigest()
    path = f"/dataset/{version}/accsm.{kind}{suffix}"
    assert answer.headers["Content-Location"] == path
    for_ever = get(client, path)
    assert for_ever.content == answer.content
    assert for_ever.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/accsm.pdf", f"/dataset/{'0' * 64}/accsm.nq", "/dataset/x/accsm.nq"]
)
def test_files_that_are_not_there(client: httpx.Client, path: str) -> None:
    answer = get(client, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
