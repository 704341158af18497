"""Hostile queries, which are sent while the mix of ordinary queries is measured."""

from random import Random

from .mix import Template

_ANY = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
_DEEP = 3000


def requests() -> Template:
    """Return endless queries, others that fill memory or stack or fetch data, and invalid ones."""
    doubled = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
    queries = [
        f"SELECT (COUNT(*) AS ?n) {{ {_ANY} . ?j ?k ?l }}",
        f"SELECT * {{ {_ANY} }} ORDER BY ?f ?i ?c",
        f"SELECT (GROUP_CONCAT(?c) AS ?all) {{ {_ANY} }}",
        f"SELECT DISTINCT ?a ?d ?g {{ {_ANY} }}",
        f"SELECT * {{ BIND('words' AS ?x0) {doubled} }}",
        "SELECT * { ?a (<urn:a>|!<urn:b>)* ?b . ?c (<urn:a>|!<urn:b>)* ?d }",
        f"SELECT * {'{' * _DEEP} ?s ?p ?o {'}' * _DEEP}",
        f"ASK {{ FILTER({'(' * _DEEP}true{')' * _DEEP}) }}",
        f"ASK {{ FILTER({'!' * _DEEP}true) }}",
        f"SELECT * {{ ?s ?p {'(' * 150}1{')' * 150} }}",
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "SELECT * { ?s ?p",
    ]
    Random(0).shuffle(queries)
    return Template("hostile", "", "*/*", queries)
