"""Markdown tables."""


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table whose columns are aligned to the right, but for the first."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
