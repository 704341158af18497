"""A web server over a dataset: a SPARQL endpoint, linked data and pages."""
