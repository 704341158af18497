"""Form parameters are parsed as by `urllib.parse`."""

from random import Random
from urllib.parse import parse_qsl

import pytest
from accsm_server.errors import BadRequest
from accsm_server.sparql.protocol import MAX_FIELDS, _parse_form

_PIECES = (
    "%", "=", "==", "+", "a", "64", "41", "%41", "%3D", "%3d%0a", "%25", "%0A", "%0D%0A", "\n",
    "\r\n", " ", "_", ".", "é", "%C3%A9", "%20%0A", "%zz", "%4", "&", "&&", ";", "query=",
)  # fmt: skip


def test_forms_are_parsed_as_by_urllib() -> None:
    random = Random(0)
    for _ in range(20_000):
        text = "".join(random.choices(_PIECES, k=random.randint(0, 12)))
        try:
            expected = parse_qsl(text, keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            with pytest.raises(BadRequest):
                _parse_form(text.encode())
        else:
            assert _parse_form(text.encode()) == expected, text


@pytest.mark.parametrize("data", [b"query=%FF", b"query=\xff", b"%C3=%A9"])
def test_invalid_utf_8_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        _parse_form(data)
    assert raised.value.status == 400


def test_too_many_parameters_are_refused() -> None:
    assert len(_parse_form(b"a&" * (MAX_FIELDS - 1))) == MAX_FIELDS - 1
    with pytest.raises(BadRequest):
        _parse_form(b"&" * MAX_FIELDS)
