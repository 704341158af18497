"""Utilities for RDF and SPARQL that work with any dataset and import nothing of this project."""
