"""RDF and SPARQL as text. Knows nothing of ACCSM and imports nothing of this project."""
