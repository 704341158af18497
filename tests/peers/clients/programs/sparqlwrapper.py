"""Ask with SPARQLWrapper: sparqlwrapper.py TASK ADDRESS QUERY."""

import sys

from SPARQLWrapper import JSON, POST, RDFXML, SPARQLWrapper

task, address, query = sys.argv[1:]
wrapper = SPARQLWrapper(f"{address}/sparql")
wrapper.setQuery(query)
if task == "select":
    wrapper.setReturnFormat(JSON)
    found = wrapper.queryAndConvert()
    names = found["head"]["vars"]
    for row in found["results"]["bindings"]:
        print(*(row[name]["value"] for name in names), sep="\t")
elif task == "ask":
    wrapper.setReturnFormat(JSON)
    print(wrapper.queryAndConvert()["boolean"])
elif task == "construct":
    wrapper.setMethod(POST)
    wrapper.setReturnFormat(RDFXML)
    print(wrapper.queryAndConvert().serialize(format="nt"))
