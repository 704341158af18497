"""Load addresses with rdflib's Graph.parse: rdflib_parse.py TASK ADDRESS QUERY."""

import sys
from urllib.parse import urlencode

from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.namespace import SKOS

task, address, query = sys.argv[1:]
if task == "construct":
    print(Graph().parse(f"{address}/sparql?{urlencode({'query': query})}").serialize(format="nt"))
elif task == "graph":
    print(Graph().parse(f"{address}/rdf-graph-store?default").serialize(format="nt"))
elif task == "follow":
    project, accsm = URIRef(query), Namespace(f"{address}/ontology#")
    graph = Graph().parse(project)
    for line in graph.objects(project, accsm.supports):
        linked = Graph().parse(line)
        assert (line, RDF.type, None) in linked
        for text in linked.objects(line, SKOS.definition):
            print(line, text, sep="\t")
