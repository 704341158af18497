"""The ontology has no known faults and a fixed layout; its rules agree with an OWL reasoner."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pyoxigraph as ox
import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from project import ROOT
from rdflib import OWL, RDF, RDFS, SKOS, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.term import Node

from accsm_kg.namespaces import APART, BASE, VERSIONS

CASES = Path(__file__).parent
ACCSM = Namespace("https://w3id.org/accsm-kg/ontology#")
ONTOLOGY = URIRef("https://w3id.org/accsm-kg/ontology")
ID = "https://w3id.org/accsm-kg/id/"
INFERRED = URIRef("https://w3id.org/accsm-kg/graph/inferred")
VS_STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")

HEADER = ROOT / "ontology" / "accsm.ttl"
ALIGNMENTS = ROOT / "ontology" / "alignments.ttl"
ONTOLOGY_FILES = sorted((ROOT / "ontology").glob("*.ttl"))
TERMS = [path for path in ONTOLOGY_FILES if path != ALIGNMENTS]
TOPICS = [path for path in TERMS if path != HEADER]
VALUES = ROOT / "data" / "vocab" / "concepts.ttl"
FILES = [*ONTOLOGY_FILES, VALUES]
FAULTS = sorted(CASES.glob("*.rq"))
RULES = sorted((ROOT / "ontology" / "rules").glob("*.rq"))
SECTIONS = [
    "Classes",
    "Object properties",
    "Datatype properties",
    "Annotation properties",
    "Datatypes",
    "Axioms",
]
#: Properties that the rules add without an OWL axiom.
BEYOND_OWL = {
    RDFS.label,
    ACCSM.aboutProperty,
    ACCSM.amount,
    ACCSM.citedBy,
    ACCSM.cites,
    ACCSM.coversYear,
    ACCSM.currency,
    ACCSM.datePrecision,
    ACCSM.earliestStart,
    ACCSM.edtf,
    ACCSM.inCountry,
    ACCSM.latestEnd,
    ACCSM.mayRunInYear,
    ACCSM.potentialPartner,
    ACCSM.potentialPartnerGroup,
    ACCSM.potentialPartnerGroupIn,
    ACCSM.potentialPartnerIn,
    ACCSM.status,
    ACCSM.yearIssued,
}
#: The rules that add nothing else.
RULES_BEYOND_OWL = {
    "amount", "cites", "country", "evidence", "label", "may-run", "partner", "status", "term",
    "year", "year-issued",
}  # fmt: skip


def name(path: Path) -> str:
    return path.stem


def read(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


def load(*paths: Path, extra: str = "") -> ox.Store:
    loaded = ox.Store()
    for path in paths:
        loaded.load(path=path, format=ox.RdfFormat.TURTLE)
    loaded.load(extra.encode(), format=ox.RdfFormat.TURTLE)
    return loaded


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return read(*ONTOLOGY_FILES)


# --- the files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=name)
def test_both_parsers_read_the_same_triples(path: Path) -> None:
    by_oxigraph = "".join(
        f"{quad.triple} .\n" for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    )
    other = Graph().parse(data=by_oxigraph, format="nt")
    assert isomorphic(read(path), other)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_prefixes_are_sorted_and_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    prefixes = re.findall(r"^PREFIX ([\w-]+):", text, re.MULTILINE)
    body = re.sub(r'"[^"]*"|^#.*$|^PREFIX.*$', "", text, flags=re.MULTILINE)
    assert prefixes == sorted(prefixes)
    assert [prefix for prefix in prefixes if not re.search(rf"(?<![\w-]){prefix}:", body)] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_statement_is_on_its_own_line(path: Path) -> None:
    line = re.compile(
        r"""(?x) $ | \#.* | PREFIX[ ]\S+:[ ]<\S+>   # nothing, a comment, a prefix
        | \[\] | <\S+> | [\w-]+:[\w-]+               # a subject
        | [ ]{4}\S+[ ](".*"\S*|<\S+>|\S+|\([ ][^()]+[ ]\))[ ];   # a statement
        | [ ]{4}\S+[ ]\( | [ ]{8}\S+ | [ ]{4}\)[ ];  # a list over several lines
        | \.                                         # the end of a subject
        """
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    faulty = [
        f"{path.name}:{n}: {text}" for n, text in enumerate(lines, 1) if not line.fullmatch(text)
    ]
    assert faulty == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_terms_are_alphabetical_in_each_section(path: Path) -> None:
    for section in re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        subjects = re.findall(r"^([\w-]+:[\w-]+)$", section, re.MULTILINE)
        assert subjects == sorted(subjects, key=str.casefold), section.split("\n", 1)[0]
        assert len(subjects) == len(set(subjects)), section.split("\n", 1)[0]


@pytest.mark.parametrize("path", TERMS, ids=name)
def test_the_sections_are_in_order_and_the_type_comes_first(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert found == [section for section in SECTIONS if section in found]
    assert re.findall(r"^(?:accsm:\w+|\[\]|<\S+>)\n(?!    a )", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", TOPICS, ids=name)
def test_a_file_of_terms_is_named_after_a_topic_of_the_shapes(path: Path) -> None:
    assert (ROOT / "shapes" / path.name).is_file()


def test_each_term_is_in_one_file_and_the_header_in_its_own() -> None:
    subjects = Counter(
        (path.stem, subject)
        for path in TERMS
        for subject in re.findall(r"^(accsm:\w+|<\S+>)$", path.read_text("utf-8"), re.MULTILINE)
    )
    terms = {term.removeprefix(ACCSM) for term in read(*TERMS).subjects() if term in ACCSM}
    header = ("accsm", f"<{ONTOLOGY}>")
    assert subjects.total() == len(terms) + 1
    assert {subject for _, subject in subjects - Counter([header])} == {f"accsm:{t}" for t in terms}
    assert {stem for stem, _ in subjects - Counter([header])} == {path.stem for path in TOPICS}


def test_alignments_relate_our_terms_to_those_of_others_only() -> None:
    allowed = {RDFS.subClassOf, RDFS.subPropertyOf, RDFS.seeAlso, SKOS.closeMatch}
    graph = read(ALIGNMENTS)
    assert {p for _, p, _ in graph} <= allowed
    assert [s for s in graph.subjects() if s not in ACCSM] == []
    assert [o for o in graph.objects() if o in ACCSM] == []


def test_superclasses_of_other_vocabularies_are_in_the_alignments() -> None:
    hierarchy = RDFS.subClassOf | RDFS.subPropertyOf
    assert [o for _, o in read(*TERMS).subject_objects(hierarchy) if o not in ACCSM] == []


def test_every_concept_has_a_label_a_definition_and_a_scheme() -> None:
    graph = read(VALUES)
    schemes = set(graph.subjects(RDF.type, SKOS.ConceptScheme))
    for value in graph.subjects(RDF.type, SKOS.Concept):
        assert graph.value(value, SKOS.prefLabel) and graph.value(value, SKOS.definition), value
        assert set(graph.objects(value, SKOS.inScheme)) == set(
            graph.objects(value, SKOS.topConceptOf)
        ), value
        assert graph.value(value, SKOS.inScheme) in schemes, value
    assert {s for s in schemes if not any(graph.subjects(SKOS.inScheme, s))} == set()


# --- the header ----------------------------------------------------------------------------------


def test_there_is_one_ontology_and_its_iris_agree(ontology: Graph) -> None:
    assert list(ontology.subjects(RDF.type, OWL.Ontology)) == [ONTOLOGY]
    version = ontology.value(ONTOLOGY, OWL.versionInfo)
    assert ontology.value(ONTOLOGY, OWL.versionIRI) == URIRef(f"{ONTOLOGY}/{version}")
    vann = Namespace("http://purl.org/vocab/vann/")
    assert str(ontology.value(ONTOLOGY, vann.preferredNamespaceUri)) == str(ACCSM)
    assert str(ontology.value(ONTOLOGY, vann.preferredNamespacePrefix)) == "accsm"
    terms = Namespace("http://purl.org/dc/terms/")
    assert isinstance(licence := ontology.value(ONTOLOGY, terms.license), URIRef)
    assert licence.startswith("https://")
    assert (ontology.value(ONTOLOGY, terms.creator), None, None) in read(VALUES)


def test_earlier_versions_are_kept_in_order(ontology: Graph) -> None:
    assert {path.stem for path in (ROOT / "ontology" / "versions").iterdir()} == {
        version.rpartition("/")[2] for version in VERSIONS
    }
    prior = [read(ROOT / "ontology" / "versions" / f"{v.rpartition('/')[2]}.ttl") for v in VERSIONS]
    for name, graph, later in zip(VERSIONS, prior, [*prior[1:], ontology], strict=True):
        version = URIRef(BASE + name)
        assert graph.value(ONTOLOGY, OWL.versionIRI) == version
        assert later.value(ONTOLOGY, OWL.priorVersion) == version


def test_no_term_is_lost_between_two_versions(ontology: Graph) -> None:
    """A term that is no longer used is deprecated for one version; datatypes need no such time."""
    prior = read(ROOT / "ontology" / "versions" / f"{VERSIONS[-1].rpartition('/')[2]}.ttl")
    terms = {term for term in prior.subjects(RDF.type, None) if str(term).startswith(ACCSM)}
    datatypes = set(prior.subjects(RDF.type, RDFS.Datatype))
    assert len(terms) > len(datatypes)
    assert [term for term in terms - datatypes if (term, RDF.type, None) not in ontology] == []


def test_the_version_is_that_of_the_package(ontology: Graph) -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module = ROOT / package["tool"]["hatch"]["version"]["path"]
    version = re.search(r'^__version__.* = "(.+)"$', module.read_text("utf-8"), re.MULTILINE)
    assert version and str(ontology.value(ONTOLOGY, OWL.versionInfo)) == version[1]


# --- common faults: one query file each, with an example -----------------------------------------


def rows(found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> list[str]:
    assert isinstance(found, ox.QuerySolutions)
    return [" ".join(str(term) for term in row) for row in found]


def broken(fault: Path) -> str:
    header = fault.read_text(encoding="utf-8").split("#+ broken:\n")[1].split("\n\n")[0]
    texts = (path.read_text(encoding="utf-8") for path in TERMS)
    prefixes = {line for text in texts for line in re.findall(r"^PREFIX .*$", text, re.MULTILINE)}
    return "\n".join([*prefixes, header.replace("#+   ", "")])


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_the_ontology_has_no(fault: Path) -> None:
    text = fault.read_text(encoding="utf-8")
    assert rows(load(*ONTOLOGY_FILES).query(text)) == [], text.partition("#+ broken")[0]


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_a_faulty_ontology_is_found_by(fault: Path) -> None:
    damaged = load(*ONTOLOGY_FILES, extra=broken(fault))
    assert rows(damaged.query(fault.read_text(encoding="utf-8"))) != []


# --- the rules against a reasoner ----------------------------------------------------------------


def by_rules(graph: ox.Store, rules: Iterable[Path]) -> ox.Store:
    queries = [rule.read_text(encoding="utf-8") for rule in rules]
    size = -1
    while size < len(graph):
        size = len(graph)
        for query in queries:
            graph.extend(ox.Quad(*triple) for triple in list(graph.query(query)))
    return graph


class Reasoner(OWLRL_Semantics):
    """OWL 2 RL without the rule that each thing is itself, which takes half the time."""

    def store_triple(self, triple: tuple[Node, Node, Node]) -> None:
        subject, predicate, value = triple
        if predicate != OWL.sameAs or subject != value:
            super().store_triple(triple)


def by_reasoner(graph: Graph) -> Graph:
    closed = Graph()
    closed += graph
    # owlrl 7.6 ignores the last property of a key; clashes() checks the keys instead.
    closed.remove((None, OWL.hasKey, None))
    DeductiveClosure(Reasoner).expand(closed)
    return closed + graph


def as_rdflib(graph: ox.Store) -> Graph:
    triples = "".join(f"{quad.triple} .\n" for quad in graph)
    return Graph().parse(data=triples, format="nt")


def about_us(graph: Graph, ontology: Graph) -> Iterator[tuple[object, object, object]]:
    """Yield the triples of our resources with a term of the ontology or a superterm of one."""
    classes = {*ontology.subjects(RDF.type, OWL.Class), *ontology.objects(None, RDFS.subClassOf)}
    above = set(ontology.objects(None, RDFS.subPropertyOf))
    for s, p, o in graph:
        ours = (p in ACCSM or p in above) if p != RDF.type else o in classes
        if ours and p not in BEYOND_OWL and str(s).startswith(ID):
            yield s, p, o


def shared_keys(graph: Graph, keyed: Node, properties: list[Node]) -> list[str]:
    owners: dict[tuple[Node, ...], Node] = {}
    for thing in graph.subjects(RDF.type, keyed):
        for key in product(*(graph.objects(thing, p) for p in properties)):
            owner = owners.setdefault(key, thing)
            if owner != thing:
                return [f"{thing} has the key of {owner}"]
    return []


def clashes(graph: Graph) -> list[str]:
    """Return the inconsistencies: disjoint classes, owl:Nothing, owl:sameAs and shared keys."""
    found = [f"{s} is of no possible class" for s in graph.subjects(RDF.type, OWL.Nothing)]
    found += [f"{s} is {o}" for s, o in graph.subject_objects(OWL.sameAs) if str(s) < str(o)]
    for keyed, properties in graph.subject_objects(OWL.hasKey):
        found += shared_keys(graph, keyed, list(Collection(graph, properties)))
    for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses):
        members = Collection(graph, graph.value(axiom, OWL.members))
        for thing in {s for member in members for s in graph.subjects(RDF.type, member)}:
            both = sorted(str(c) for c in members if (thing, RDF.type, c) in graph)
            found += [f"{thing} is of {both}"] if len(both) > 1 else []
    return found


@pytest.fixture(scope="module")
def sample() -> Graph:
    return by_reasoner(read(*ONTOLOGY_FILES, CASES / "sample.ttl"))


@pytest.fixture(scope="module")
def published(dataset_path: Path) -> Dataset:
    return Dataset().parse(dataset_path, format="nquads")


@pytest.fixture(scope="module")
def stated(published: Dataset) -> Graph:
    apart = {INFERRED, *(URIRef(BASE + name) for name in APART)}
    graph = Graph()
    # owl:sameAs leads to other data: no rule reads it, and nothing about them is published.
    for s, p, o, g in published.quads():
        if g not in apart and p != OWL.sameAs:
            graph.add((s, p, o))
    return graph


@pytest.fixture(scope="module")
def entailed(stated: Graph) -> Graph:
    return by_reasoner(stated)


@cache
def rule_closure(*rules: Path) -> Graph:
    """Return the closure of the sample under ``rules``, by default all."""
    return as_rdflib(by_rules(load(*ONTOLOGY_FILES, CASES / "sample.ttl"), rules or RULES))


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_has_a_summary(rule: Path) -> None:
    assert re.match(r"#\+ summary: [A-Z].+\.\n", rule.read_text(encoding="utf-8"))


def test_the_rules_entail_the_same_as_a_reasoner(ontology: Graph, sample: Graph) -> None:
    by_us = set(about_us(rule_closure(), ontology))
    assert by_us == set(about_us(sample, ontology))


@pytest.mark.parametrize("rule", [r for r in RULES if r.stem not in RULES_BEYOND_OWL], ids=name)
def test_without_a_rule_something_is_missing(rule: Path, ontology: Graph, sample: Graph) -> None:
    by_us = set(about_us(rule_closure(*(r for r in RULES if r != rule)), ontology))
    assert by_us < set(about_us(sample, ontology))


def test_the_rules_add_triples_about_our_resources_only() -> None:
    graph = load(*ONTOLOGY_FILES, CASES / "sample.ttl")
    before = set(graph)
    added = set(by_rules(graph, RULES)) - before
    assert [str(quad) for quad in added if not str(quad.subject).startswith(f"<{ID}")] == []
    assert [
        str(quad) for quad in added if str(quad.object) in {OWL.Thing.n3(), RDFS.Resource.n3()}
    ] == []


def test_a_preferred_label_is_also_an_rdfs_label() -> None:
    closed = rule_closure()
    assert [str(label) for label in closed.objects(URIRef(ID + "plan-1"), RDFS.label)] == [
        "First plan"
    ]


@pytest.mark.parametrize(
    ("thing", "term", "years"),
    [
        ("stage", ACCSM.coversYear, [2017, 2018, 2019]),
        ("open-ended", ACCSM.coversYear, [2017]),
        ("plan-1", ACCSM.coversYear, [2016, 2017, 2018, 2019, 2020]),
        ("plan-2", ACCSM.coversYear, []),
        ("term", ACCSM.coversYear, [2023, 2024]),
        ("begun-before", ACCSM.coversYear, [2024]),
        ("project", ACCSM.coversYear, [2017, 2018, 2019]),
        ("other-project", ACCSM.coversYear, []),
        ("project", ACCSM.mayRunInYear, [2017, 2018, 2019, 2020]),
        ("other-project", ACCSM.mayRunInYear, [2016, 2017, 2018, 2019, 2020]),
        ("yearly", ACCSM.mayRunInYear, [2018, 2019, 2020]),
        ("biennial", ACCSM.mayRunInYear, [2018]),
        ("instrument", ACCSM.yearIssued, [2016]),
        ("plan-1", ACCSM.yearIssued, []),
    ],
)
def test_a_resource_has_its_years(thing: str, term: URIRef, years: list[int]) -> None:
    found = rule_closure().objects(URIRef(ID + thing), term)
    assert sorted(int(str(year)) for year in found) == years


@pytest.mark.parametrize(
    ("term", "time"),
    [
        ("term", ["2023-01-01", "2023/2024", "2024-12-31"]),
        ("begun-before", ["/2024", "2024-12-31"]),
    ],
)
def test_a_term_of_office_has_the_time_of_its_years(term: str, time: list[str]) -> None:
    closed = rule_closure()
    dated = (ACCSM.earliestStart, ACCSM.latestEnd, ACCSM.edtf)
    found = [str(value) for p in dated for value in closed.objects(URIRef(ID + term), p)]
    assert sorted(found) == time


def test_the_sample_is_consistent(sample: Graph) -> None:
    assert clashes(sample) == []


@pytest.mark.parametrize(
    "statement",
    [
        f"<{ID}country> a <{ACCSM}Organisation> .",
        f"<{ID}project> <{ACCSM}countryCoordinator> <{ID}ascc> .",
        f"<{ID}other-project> <{ACCSM}projectNumber> 1 .",
    ],
    ids=["two disjoint classes", "a range", "a key"],
)
def test_a_contradiction_is_found(statement: str) -> None:
    graph = read(*ONTOLOGY_FILES, CASES / "sample.ttl").parse(data=statement, format="turtle")
    assert clashes(by_reasoner(graph)) != []


# --- the dataset ---------------------------------------------------------------------------------


def test_the_inferred_graph_equals_the_entailments_of_a_reasoner(
    ontology: Graph, published: Dataset, stated: Graph, entailed: Graph
) -> None:
    by_us = Graph()
    by_us += stated
    by_us += published.graph(INFERRED)
    assert set(about_us(by_us, ontology)) == set(about_us(entailed, ontology))


def test_the_dataset_is_consistent(entailed: Graph) -> None:
    assert clashes(entailed) == []


def classes_used(ontology: Graph, note: str) -> set[Node]:
    """Return the classes that a note lists by their labels, in the plural."""
    labels = {str(label): term for term, label in ontology.subject_objects(RDFS.label)}
    plurals = (re.sub("ies$", "y", name).removesuffix("s") for name in re.split(", | and ", note))
    return {labels[name] for name in plurals}


@pytest.mark.parametrize(("axiom", "place"), [("domain", 0), ("range", 1)])
def test_a_note_lists_the_classes_that_a_property_is_used_for(
    ontology: Graph, published: Dataset, stated: Graph, axiom: str, place: int
) -> None:
    record = stated + published.graph(INFERRED)
    listed = re.compile(rf"No {axiom}: used for ([\w ,]+)[.]")
    notes = [(p, listed.match(note)) for p, note in ontology.subject_objects(SKOS.editorialNote)]
    found = {p: match[1] for p, match in notes if match and (None, p, None) in record}
    assert len(found) > 1
    for p, note in found.items():
        classes = classes_used(ontology, note)
        things = {pair[place] for pair in record.subject_objects(p)}
        types = [classes & set(record.objects(thing, RDF.type)) for thing in things]
        assert all(types), f"{p}: {note}"
        assert set().union(*types) == classes, f"{p}: {note}"


def test_a_deprecated_term_is_replaced_and_unused(ontology: Graph, published: Dataset) -> None:
    deprecated = set(ontology.subjects(OWL.deprecated))
    assert deprecated == set(ontology.subjects(VS_STATUS, Literal("archaic")))
    replaced = URIRef("http://purl.org/dc/terms/isReplacedBy")
    for term in deprecated:
        successors = set(ontology.objects(term, replaced))
        assert successors and not successors & deprecated, term
        assert successors <= set(ontology.subjects(RDFS.isDefinedBy, ONTOLOGY)), term
    assert [quad for term in deprecated for quad in published.quads((None, term, None, None))] == []


def test_a_term_that_no_data_use_is_marked_as_testing(ontology: Graph, published: Dataset) -> None:
    used: set[object] = set()
    for s, p, o, _ in published.quads():
        if str(s).startswith(ID):
            used |= {p, o if p == RDF.type else None, getattr(o, "datatype", None)}
    unused = [t for t, status in ontology.subject_objects(VS_STATUS) if t not in used]
    assert [t for t in unused if str(ontology.value(t, VS_STATUS)) == "stable"] == []
