"""Query engines: their interface, and a pool of worker processes."""
