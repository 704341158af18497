"""Parameters are read as the Python library reads them, only faster."""

from random import Random
from urllib.parse import parse_qsl

import pytest
from accsm_server.errors import BadRequest
from accsm_server.sparql.protocol import MAX_FIELDS, _pairs

_PIECES = (
    "%", "=", "==", "+", "a", "64", "41", "%41", "%3D", "%3d%0a", "%25", "%0A", "%0D%0A", "\n",
    "\r\n", " ", "_", ".", "é", "%C3%A9", "%20%0A", "%zz", "%4", "&", "&&", ";", "query=",
)  # fmt: skip


def test_any_form_is_read_as_the_library_reads_it() -> None:
    random = Random(0)
    for _ in range(20_000):
        text = "".join(random.choices(_PIECES, k=random.randint(0, 12)))
        try:
            wanted = parse_qsl(text, keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            with pytest.raises(BadRequest):
                _pairs(text.encode())
        else:
            assert _pairs(text.encode()) == wanted, text


@pytest.mark.parametrize("data", [b"query=%FF", b"query=\xff", b"%C3=%A9"])
def test_what_is_not_utf_8_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        _pairs(data)
    assert raised.value.status == 400


def test_too_many_parameters_are_refused_before_they_are_read() -> None:
    assert len(_pairs(b"a&" * (MAX_FIELDS - 1))) == MAX_FIELDS - 1
    with pytest.raises(BadRequest):
        _pairs(b"&" * MAX_FIELDS)
