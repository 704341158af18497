"""A query engine of worker processes that share one dataset in memory."""
