"""The pages and documents of the ACCSM graph."""
