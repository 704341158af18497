"""Turn our server and the servers people would otherwise pick into figures from one run."""
