"""Markdown tables."""


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table with all columns but the first aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
