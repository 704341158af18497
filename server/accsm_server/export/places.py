"""The files of a static copy: the path of each page, and links between them."""

import posixpath
import re
import unicodedata
from hashlib import blake2b
from urllib.parse import parse_qsl, quote, unquote

INDEX = "index.html"
#: Characters that Windows forbids in names, and those with a meaning in the names of `_named`.
_FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f]')
_MEANT = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f/%&=]|[. ]$')
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE
)
_LONGEST = 255  # bytes of a name
_SUFFIX = 8  # bytes of the suffix of a format
_KEPT = 50  # characters, of up to four bytes each, before a hash
_FORMAT = "format"


def place(target: str, *, is_page: bool) -> str:
    """Return the path of the file for ``target``, the path and query of an address.

    Documents at /doc/ are put at id/, so that the IRIs of things lead to them. Parameters are a
    name of their own, in which characters that names cannot have are percent-encoded. Raises
    ValueError for a path that a file cannot have.

    >>> place("/doc/project/2016-2020/33", is_page=True)
    'id/project/2016-2020/33/index.html'
    >>> place("/doc/country/KHM?format=ttl", is_page=False)
    'id/country/KHM.ttl'
    >>> place("/projects?country=Viet+Nam&page=2", is_page=True)
    'projects/country=Viet Nam&page=2/index.html'
    """
    path, _, query = target.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    parameters = [(name, value) for name, value in given if name != _FORMAT]
    names = [
        _decoded(segment, path) for segment in path.removeprefix("/").split("/") if path != "/"
    ]
    if names[:1] == ["doc"]:
        names[0] = "id"
    if parameters:
        names.append(_shortened("&".join(f"{_named(n)}={_named(v)}" for n, v in parameters)))
    if is_page:
        names.append(INDEX)
    elif format := dict(given).get(_FORMAT):
        names = [*names[:-1], f"{names[-1] if names else 'index'}.{format}"]
    for name in names:
        _check(name, path)
    return "/".join(names)


def link(here: str, there: str) -> str:
    """Return the relative link from the page at the path ``here`` to the file at ``there``.

    >>> link("id/country/KHM/index.html", "id/project/33/index.html")
    '../../project/33/'
    >>> link("projects/index.html", "index.html"), link("index.html", "static/style.css")
    ('../', 'static/style.css')
    """
    is_page = posixpath.basename(there) == INDEX
    aim = posixpath.dirname(there) if is_page else there
    path = posixpath.relpath(aim or ".", posixpath.dirname(here) or ".")
    return quote(f"{path}/" if is_page else path, safe="/=&,+")


class Names:
    """The names of the files and folders of a copy, of which no two may be equal but for case."""

    def __init__(self) -> None:
        """Begin without names."""
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def take(self, path: str, target: str) -> None:
        """Note the file at ``path``, which the address ``target`` has.

        Raises ValueError if a file or folder has a name that some file systems take for the same.
        """
        key = _folded(path)
        folders = [key[:place] for place, sign in enumerate(key) if sign == "/"]
        others = [self._files.get(key), self._folders.get(key), *map(self._files.get, folders)]
        if other := next(filter(None, others), None):
            raise ValueError(
                f"{target} and {other} would have the same file {path!r}, where names that differ "
                "by case alone are the same: rename one of them"
            )
        self._files[key] = target
        for folder in folders:
            self._folders.setdefault(folder, target)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _decoded(segment: str, path: str) -> str:
    try:
        name = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: {segment!r} is not UTF-8, so that no file has its name"
        ) from None
    if "/" in name or name in ("", ".", ".."):
        raise ValueError(f"{path}: {segment!r} is no name that a file can have; rename the thing")
    return name


def _named(text: str) -> str:
    """Return a text of which only what no name can have is percent-encoded."""
    return _MEANT.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _shortened(name: str) -> str:
    """Return a name of parameters, with a hash if it is too long or has an IRI.

    The IRIs of a class and a property may differ by case alone.
    """
    if len(name.encode()) <= _LONGEST - _SUFFIX and "%3A" not in name:
        return name
    return f"{name[:_KEPT]}~{blake2b(name.encode(), digest_size=8).hexdigest()}"


def _check(name: str, path: str) -> None:
    if found := _FORBIDDEN.search(name):
        fault = f"has {found[0]!r}, which Windows forbids in names of files"
    elif name[-1] in ". ":
        fault = "ends in a dot or space, which Windows drops from names of files"
    elif _DEVICE.fullmatch(name):
        fault = "is the name of a device of Windows"
    elif len(name.encode()) > _LONGEST:
        fault = f"has more than {_LONGEST} bytes"
    else:
        return
    raise ValueError(f"{path}: the name {name!r} {fault}; rename the thing")
