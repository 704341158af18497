"""Turn the W3C's tests of SPARQL over HTTP into scores of this server, and scores into a page."""
