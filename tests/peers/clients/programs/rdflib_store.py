"""Ask with rdflib's SPARQLStore: rdflib_store.py TASK ADDRESS QUERY."""

import sys

from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore

task, address, query = sys.argv[1:]
remote = Graph(SPARQLStore(f"{address}/sparql"))
if task == "select":
    for row in remote.query(query):
        print(*row, sep="\t")
elif task == "ask":
    print(remote.query(query).askAnswer)
elif task == "construct":
    print(remote.query(query).graph.serialize(format="nt"))
elif task == "graph":
    print((Graph() + remote).serialize(format="nt"))
