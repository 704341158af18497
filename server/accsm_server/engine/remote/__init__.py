"""A query engine elsewhere, which speaks the SPARQL 1.1 Protocol."""
