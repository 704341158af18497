"""The server of the Model Context Protocol: seven tools that read, and two resources."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from accsm_kg import __version__
from accsm_kg.errors import AccsmError
from accsm_server.errors import ServerError
from accsm_server.mcp import answers, things, traces, vocabulary
from accsm_server.mcp.text import clipped
from accsm_server.pages.queries import Site

#: Provides the site for one call; raises ServerError if there is none yet.
Use = Callable[[], AbstractContextManager[Site]]

_INSTRUCTIONS = """\
A knowledge graph of the ASEAN Cooperation on Civil Service Matters: projects, work plans, \
blueprints, countries, bodies, meetings and documents, each statement with the passage of the \
source that says so. Quote the source, line and words when you tell a fact, and say when the \
record has nothing. Begin with `search` for a name or code, then `describe` or `trace`; \
`list_questions` and `ask` have tested answers; `query` takes SPARQL with the terms of \
`vocabulary`. Names such as country:KHM or <id/…> can be pasted into a query; prefixes and the \
base need no declaration. An answer that is cut says with which `start` it goes on."""
_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_LONGEST = 2000  # characters of an error

Start = Annotated[int, Field(ge=0, description="The line to go on with, as the answer says")]


class _Server(MCPServer[Any]):
    """A server whose errors are as short as those of its tools, whatever the arguments are."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; raises ToolError with at most `_LONGEST` characters."""
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError:  # which has no words of its own, and is logged
            raise
        except ToolError as error:
            raise ToolError(clipped(str(error), _LONGEST)) from None


def create_server(use: Use) -> MCPServer[Any]:
    """Return the server of the site that ``use`` provides."""
    server = _Server(
        "accsm-kg",
        title="ACCSM knowledge graph",
        instructions=_INSTRUCTIONS,
        version=__version__,
        log_level="WARNING",
    )
    tools = _Tools(use)
    for tool in (
        tools.search,
        tools.describe,
        tools.trace,
        tools.list_questions,
        tools.ask,
        tools.query,
        tools.vocabulary,
    ):
        server.add_tool(tool, annotations=_READ_ONLY, structured_output=False)
    _add_resource(server, use, "vocabulary", "Classes and their properties", vocabulary.all_classes)
    _add_resource(server, use, "questions", "The stored questions", answers.all_questions)
    return server


def _add_resource(
    server: MCPServer[Any], use: Use, name: str, title: str, read: Callable[[Site], Awaitable[str]]
) -> None:
    @server.resource(f"accsm-kg://{name}", name=name, title=title, mime_type="text/plain")
    async def resource() -> str:
        try:
            with use() as site:
                return await read(site)
        except ServerError as error:
            raise ResourceError(_sentences(error)) from None


class _Tools:
    """The tools; the first sentences of each are what assistants read."""

    def __init__(self, use: Use) -> None:
        self._use = use

    async def search(
        self,
        words: Annotated[str, Field(description="A name, a code such as A.2.2.iv, or words")],
        limit: Annotated[int, Field(ge=1, le=50)] = 20,
        start: Start = 0,
    ) -> str:
        """Find things by name, code or words of their texts. The names can be described."""
        with self._site() as site:
            return await things.search(site, words, limit, start)

    async def describe(
        self,
        thing: Annotated[
            str, Field(description="country:KHM, <id/…>, an IRI, a code, a number or a name")
        ],
        start: Start = 0,
    ) -> str:
        """Tell all statements about one thing, with the source, line, locator and words behind
        each, the doubts of the curator, and what refers to it."""
        with self._site() as site:
            return await things.describe(site, thing, start)

    async def trace(
        self,
        key: Annotated[
            str, Field(description="A project number (33), a code (A.2.2.iv, E.1), a country (KHM)")
        ],
        start: Start = 0,
    ) -> str:
        """Tell which projects stand behind a blueprint, line, area or country, or what a project
        contributes to: with the words of the source for each link, and with the gaps."""
        with self._site() as site:
            return await traces.trace(site, key, start)

    async def list_questions(
        self,
        words: Annotated[str, Field(description="Only those with these words; none: all")] = "",
        start: Start = 0,
    ) -> str:
        """List stored questions, which have tested queries, and their parameters."""
        with self._site() as site:
            return await answers.list_questions(site, words, start)

    async def ask(
        self,
        question: Annotated[str, Field(description="The name of a stored question")],
        parameters: Annotated[
            dict[str, str | int | float | bool] | None,
            Field(description="Values of its parameters; others have their defaults"),
        ] = None,
        start: Start = 0,
    ) -> str:
        """Answer a stored question. A value that it does not take is refused with the nearest."""
        given = {name: _text(value) for name, value in (parameters or {}).items()}
        with self._site() as site:
            return await answers.ask(site, question, given, start)

    async def query(
        self,
        sparql: Annotated[
            str, Field(description="SPARQL 1.1: SELECT, ASK, CONSTRUCT or DESCRIBE; with ORDER BY")
        ],
        limit: Annotated[int, Field(ge=1, le=answers.MOST_ROWS, description="Rows")] = 50,
        passages: Annotated[
            bool, Field(description="Whether to add the passages of sources behind each row")
        ] = True,
        start: Start = 0,
    ) -> str:
        """Run a SPARQL query, limited in time and memory. Unknown terms are refused with the
        nearest; an answer without rows says how often each name of the query occurs."""
        with self._site() as site:
            return await answers.query(site, sparql, limit, start, has_passages=passages)

    async def vocabulary(
        self,
        name: Annotated[str, Field(description="A class or property; none: core classes")] = "",
        start: Start = 0,
    ) -> str:
        """List the core classes with their properties, or tell the definition, range, values and
        counts of one term."""
        with self._site() as site:
            return await vocabulary.vocabulary(site, name, start)

    @contextmanager
    def _site(self) -> Iterator[Site]:
        """Provide the site; what is wrong with a call is an error of the tool, in sentences."""
        try:
            with self._use() as site:
                yield site
        except ServerError as error:
            raise ToolError(_sentences(error)) from None
        except AccsmError as error:
            raise ToolError(clipped(str(error), _LONGEST)) from None


def _sentences(error: ServerError) -> str:
    parts = (f"{error.title}." if error.title else "", error.detail, error.hint)
    return clipped(" ".join(filter(None, parts)), _LONGEST)


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
