"""The chart of answers per second: a row for each template, a dot for each server."""

from math import ceil, floor, log10
from xml.sax.saxutils import escape

from .results import Run

_COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#555555", "#999999",
            "#000000")  # fmt: skip
_LEFT, _WIDTH, _ROW, _TOP = 130, 640, 24, 78
_STYLE = "text{font:12px sans-serif;fill:#222}.t{text-anchor:middle}.l{text-anchor:end}"


def draw(run: Run) -> str:
    """Return the chart as SVG, with a logarithmic scale."""
    templates = list(run.queries)
    rates = {(name, server): run.seen(name, server).rate
             for name in templates for server in run.servers}  # fmt: skip
    answered = [rate for rate in rates.values() if rate]
    low, high = floor(log10(min(answered))), ceil(log10(max(answered)))

    def x(rate: float) -> float:
        return _LEFT + _WIDTH * (log10(rate) - low) / (high - low)

    bottom = _TOP + _ROW * len(templates)
    parts = [_legend(run.servers)]
    for power in range(low, high + 1):
        at = x(10**power)
        parts.append(f'<path d="M{at:.1f} {_TOP - 14}V{bottom}" stroke="#ccc"/>')
        parts.append(f'<text class="t" x="{at:.1f}" y="{_TOP - 18}">{10**power:,}/s</text>')
    for number, name in enumerate(templates):
        y = _TOP + _ROW * number + 4
        parts.append(f'<text class="l" x="{_LEFT - 14}" y="{y + 4}">{escape(name)}</text>')
        parts.append(f'<path d="M{_LEFT} {y}h{_WIDTH}" stroke="#eee"/>')
        for server, colour in zip(run.servers, _COLOURS, strict=False):
            if rate := rates[name, server]:
                title = f"<title>{escape(server)}: {rate:.0f}/s</title>"
                parts.append(
                    f'<circle cx="{x(rate):.1f}" cy="{y}" r="5" fill="{colour}">{title}</circle>'
                )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {bottom}">'
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _legend(servers: list[str]) -> str:
    parts = []
    for number, (server, colour) in enumerate(zip(servers, _COLOURS, strict=False)):
        x, y = 20 + 190 * (number % 4), 16 + 20 * (number // 4)
        parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 10}" y="{y + 4}">{escape(server)}</text>')
    return "".join(parts)
