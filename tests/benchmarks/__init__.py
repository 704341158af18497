"""Benchmark of this server beside other SPARQL servers and beside an earlier commit of its own."""
