"""The SPARQL endpoint and the graph store. Knows RDF, and nothing of ACCSM."""
