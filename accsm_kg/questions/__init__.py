"""Stored questions: query files, what the dataset publishes of them, and how they are asked."""
