"""The citation of a page, as reference managers take it."""

from accsm_server.pages.citation import Citation

CITED = Citation(
    title="Project 8: Servant Hero & 50% of ASEAN",
    url="https://example.org/id/project/8",
    dataset="A graph",
    publisher="The contributors",
    version="2.0.0",
    digest="28be6c76d8b5",
    issued="2026-11-29",
)


def test_bibtex_keeps_the_capitals_of_a_title_and_escapes_it() -> None:
    assert r"  title = {{Project 8: Servant Hero \& 50\% of ASEAN}}," in CITED.bibtex
    assert CITED.bibtex.count("{") == CITED.bibtex.count("}")


def test_ris_has_the_year_and_the_date_between_type_and_end() -> None:
    lines = CITED.ris.splitlines()
    assert (lines[0], lines[-1]) == ("TY  - DATA", "ER  - ")
    assert {"PY  - 2026", "DA  - 2026/11/29"} <= set(lines)
    assert all(line[2:6] == "  - " for line in lines)
