"""Stored questions: SPARQL queries with a header for title, description and parameters."""
