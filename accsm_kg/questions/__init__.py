"""Stored questions: SPARQL queries with a header that says what they answer."""
