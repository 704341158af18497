"""RDF and SPARQL as text, for any dataset: imports nothing else of this project."""
