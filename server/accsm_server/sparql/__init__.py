"""The SPARQL endpoint and the graph store. Suits any dataset."""
