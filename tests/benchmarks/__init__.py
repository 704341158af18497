"""Benchmarks of the server against other SPARQL servers and against an earlier commit."""
