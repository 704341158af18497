"""The SPARQL endpoint and the graph store, for any RDF dataset."""
