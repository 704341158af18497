"""What is remembered: short texts, and only so many."""

from accsm_server.remembering import remembering


def test_a_long_text_is_not_remembered() -> None:
    asked: list[str] = []

    @remembering(2, 5)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    for text in ("short", "short", "longer", "longer", "a", "b", "short"):
        assert length(text) == len(text)
    assert asked == ["short", "longer", "longer", "a", "b", "short"]
