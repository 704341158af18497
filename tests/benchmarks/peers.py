"""The servers to measure: the current one, an earlier commit, and others on this machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.request import Request, urlopen

from accsm_kg import __version__

from .earlier import ROOT, isolated
from .running import LOAD_TIMEOUT, Peer, Running

_BIN = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
_GRAPH = "urn:graph"  # for Virtuoso, which has no default graph


def ours(name: str, **settings: str) -> Peer:
    """Return the current server with ACCSM_* ``settings``."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "server")))
    command = (sys.executable, "-m", "accsm_kg.cli")
    return _accsm(name, __version__, command, settings, PYTHONPATH=path)


def earlier(name: str, environment: Path, **settings: str) -> Peer:
    """Return the server installed in the virtual ``environment``, with ACCSM_* ``settings``."""
    programs = environment.absolute() / "bin"
    code = "from importlib.metadata import version; print(version('accsm-kg'))"
    ask = (programs / "python", "-c", code)
    number = subprocess.check_output(ask, env=isolated(), text=True).strip()
    return _accsm(name, number, (str(programs / "accsm-kg"),), settings)


def _accsm(
    name: str, number: str, program: tuple[str, ...], settings: Mapping[str, str], **variables: str
) -> Peer:
    # Some commits limit the rate of loopback clients, too.
    for key, value in {"rate": "0", **settings}.items():
        variables[f"ACCSM_{key.upper()}"] = value
    command = (*program, "serve", "{dataset}", "--port", "{port}")
    return Peer(name, number, command, settings=variables, limits_memory=True)


def others() -> list[Peer]:
    """Return the other servers installed on this machine."""
    return [*_oxigraph(), *_rdflib(), *_virtuoso(), *_fuseki()]


def _oxigraph() -> Iterator[Peer]:
    program = shutil.which("oxigraph", path=_BIN)
    if program:
        number = _version("oxigraph")
        serve = (program, "serve", "--bind", "127.0.0.1:{port}")
        yield Peer("oxigraph, memory", number, serve, "/query?", after=_put_graph)
        load = (program, "load", "--location", "{folder}/db", "--file", "{graph}")
        yield Peer(
            "oxigraph, disk", number, (*serve, "--location", "{folder}/db"), "/query?", before=load
        )


def _rdflib() -> Iterator[Peer]:
    program = shutil.which("rdflib-endpoint", path=_BIN)
    if program:
        number = _version("rdflib-endpoint")
        command = (program, "serve", "--host", "127.0.0.1", "--port", "{port}", "{graph}")
        yield Peer("rdflib-endpoint", number, command, "/?")


def _virtuoso() -> Iterator[Peer]:
    program = shutil.which("virtuoso-t")
    if program and shutil.which("isql-vt"):
        number = _number(subprocess.run([program, "-?"], capture_output=True, text=True).stderr)
        command = (program, "+foreground", "+configfile", "{folder}/virtuoso.ini")
        yield Peer("Virtuoso", number, command, f"/sparql?default-graph-uri={_GRAPH}&", after=_bulk)


def _fuseki() -> Iterator[Peer]:
    home = os.environ.get("FUSEKI_HOME", "")
    program = shutil.which("fuseki-server")
    jar = Path(home) / "fuseki-server.jar"
    start = (program,) if program else ("java", "-jar", str(jar)) if jar.is_file() else ()
    if start:
        ask = (*start, "--version")
        number = _number(subprocess.run(ask, capture_output=True, text=True).stdout)
        options = ("--localhost", "--port", "{port}", "--file", "{graph}", "/ds")
        base = {"FUSEKI_BASE": "{folder}"}
        yield Peer("Fuseki", number, (*start, *options), "/ds/query?", settings=base)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _number(output: str) -> str:
    return next((word for word in output.split() if word[:1].isdigit()), "")


def _put_graph(server: Running) -> None:
    """Load the graph with the Graph Store Protocol."""
    data = Path(server.names["graph"]).read_bytes()
    headers = {"Content-Type": "application/n-triples"}
    url = f"http://127.0.0.1:{server.port}/store?default"
    urlopen(Request(url, data, headers, method="PUT"), timeout=LOAD_TIMEOUT).close()


def _bulk(server: Running) -> None:
    """Load the graph with Virtuoso's bulk loader."""
    graph = Path(server.names["graph"])
    script = f"ld_dir('{graph.parent}', '{graph.name}', '{_GRAPH}'); rdf_loader_run(); checkpoint;"
    address = f"127.0.0.1:{server.names['other']}"
    command = ["isql-vt", address, "dba", "dba", f"exec={script}"]
    subprocess.run(command, check=True, capture_output=True)
