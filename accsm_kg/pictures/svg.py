"""SVG as elements of the standard library, which escapes texts and attributes.

A drawing is made once: `inline` writes it for a page, whose stylesheet holds for its classes, and
`standalone` as a file, in which the rules of pictures.css are attributes of presentation.
"""

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

#: The stylesheet with a rule for each class of pictures.
STYLESHEET: Final = Path(__file__).with_name("pictures.css")

Attribute = str | float | None
#: Returns the target of the link to a thing, of which it takes the IRI.
Address = Callable[[str], str]

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_PAPER = "#ffffff"
_RULE = re.compile(r"^\.([\w-]+) \{([^}]*)\}", re.MULTILINE)
_VARIABLE = re.compile(r"var\(--[\w-]+, *([^()]+)\)")
#: Characters that XML 1.0 cannot hold (section 2.2).
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def element(name: str, *children: Element | str, **attributes: Attribute) -> Element:
    """Return an element; in names of attributes `_` stands for `-`, and one at the end is left out.

    Attributes that are None are left out, and numbers rounded to two digits.

    >>> inline(element("text", "a < b", x=1.5, class_="pic-text", text_anchor="end"))
    '<text x="1.5" class="pic-text" text-anchor="end">a &lt; b</text>'
    """
    made = Element(
        name,
        {
            key.strip("_").replace("_", "-"): _written(value)
            for key, value in attributes.items()
            if value is not None
        },
    )
    for child in children:
        add(made, child)
    return made


def add(parent: Element, child: Element | str) -> None:
    """Add an element or a text at the end of ``parent``."""
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + _clean(child)
    else:
        parent.text = (parent.text or "") + _clean(child)


def picture(width: float, height: float, *children: Element, **attributes: Attribute) -> Element:
    """Return the root of a drawing of ``width`` and ``height`` units, which a page may scale."""
    box = f"0 0 {_written(width)} {_written(height)}"
    return element("svg", *children, viewBox=box, width=width, height=height, **attributes)


def link(href: str, title: str, *children: Element, **attributes: Attribute) -> Element:
    """Return a link with a ``title``, which is its name and is shown below the pointer."""
    return element("a", element("title", title), *children, href=href, **attributes)


def hit_box(x: float, y: float, width: float, height: float) -> Element:
    """Return an invisible box, so that a link can be hit around its text or mark."""
    return element("rect", x=x, y=y, width=width, height=height, class_="pic-hit")


def text_lines(
    x: float, y: float, lines: Iterable[str], height: float = 12, **attributes: Attribute
) -> Element:
    """Return a text in lines, the first on the base line ``y``."""
    made = (element("tspan", line, x=x, y=y + n * height) for n, line in enumerate(lines))
    return element("text", *made, **attributes)


def fold(text: str, width: int, most: int = 2) -> list[str]:
    """Return ``text`` in at most ``most`` lines of ``width`` characters, `…` where it is cut.

    >>> fold("Promote participation of local governments", 16)
    ['Promote', 'participation…']
    """
    read = text.lstrip()[: width * (most + 1)]  # a longer text takes long to fold
    return textwrap.wrap(read, width, max_lines=most, placeholder="…")


@dataclass(frozen=True)
class Scale:
    """An even scale from ``values`` (first and last) to ``positions``.

    >>> Scale((2016, 2020), (0, 200))(2017)
    50.0
    """

    values: tuple[float, float]
    positions: tuple[float, float]

    def __call__(self, value: float) -> float:
        """Return the position of ``value``; that of the first if the scale has no length."""
        (low, high), (start, end) = self.values, self.positions
        return start + (end - start) * (value - low) / ((high - low) or math.inf)

    def ticks(self, most: int = 6) -> list[float]:
        """Return at most ``most`` round values within the scale.

        >>> Scale((0, 19), (0, 100)).ticks()
        [0.0, 5.0, 10.0, 15.0]
        """
        low, high = sorted(self.values)
        step = _round_step((high - low) / max(most - 1, 1))
        first, last = math.ceil(low / step), math.floor(high / step)
        return [float(f"{n * step:.12g}") for n in range(first, last + 1)]


def inline(drawing: Element) -> str:
    """Return ``drawing`` for a page in HTML."""
    return ElementTree.tostring(drawing, encoding="unicode")


def standalone(drawing: Element, title: str) -> bytes:
    """Return ``drawing`` as a file in light colours on paper, with ``title``.

    It needs no stylesheet, as programs and the Content-Security-Policy of pages ignore those inside
    a file.
    """
    made = deepcopy(drawing)
    for each in made.iter():
        for name, value in _presentation(each.attrib.pop("class", "").split()):
            each.attrib.setdefault(name, value)
        for name in [name for name in each.attrib if name.startswith(("data-", "tabindex"))]:
            del each.attrib[name]
    made.set("xmlns", _NAMESPACE)
    made.set("font-family", _FONT)
    made.insert(0, element("rect", width="100%", height="100%", fill=_PAPER))
    made.insert(0, element("title", title))
    written: bytes = ElementTree.tostring(made, encoding="utf-8", xml_declaration=True)
    return written


def _presentation(classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes of ``classes``, those of the last class first."""
    for name in reversed(classes):
        yield from _rules().get(name, {}).items()


@cache
def _rules() -> dict[str, dict[str, str]]:
    """Return the properties of each class in pictures.css, with the colours of files."""
    text = _VARIABLE.sub(r"\1", STYLESHEET.read_text(encoding="utf-8"))
    return {name: dict(_properties(body)) for name, body in _RULE.findall(text)}


def _properties(body: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, map(str.strip, body.split(";"))):
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least or 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _written(value: str | float) -> str:
    return _clean(value) if isinstance(value, str) else f"{round(value, 2):.12g}"


def _clean(text: str) -> str:
    """Return ``text`` with U+FFFD for each character that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
