"""What the scripts of a static copy need to answer queries and searches in the browser."""

from accsm_server.pages import static_files
from accsm_server.pages.queries import Site

_SCRIPT, _PROGRAM = "engine.js", "oxigraph.wasm"


def context(site: Site, script: str) -> dict[str, object]:
    """Return the name of a ``script``, if it was built, and the addresses for its form."""
    bundle = script if static_files.has(script) else ""
    return {"bundle": bundle, "data": _addresses(site) if bundle else {}}


def _addresses(site: Site) -> dict[str, str]:
    """Return the addresses of the engine, and of what to load into it; the base; graphs apart."""
    paths = {name: path for name, (path, _) in static_files.engine().items()}
    return {
        "terms": f"{site.root}/query/terms.json",
        "things": f"{site.root}/query/things.json",
        "questions": f"{site.root}/questions?format=json",
        "engine": site.root + paths[_SCRIPT],
        "program": site.root + paths[_PROGRAM],
        "dump": f"{site.root}/accsm.nq.gz",
        "root": f"{site.root}/",
        "base": site.base,
        "apart": " ".join(sorted(site.served.apart)),
    }
