"""HTTP: bytes, headers, formats and connections. Knows nothing of RDF."""
