"""Validate a dataset against its shapes, and report on its quality."""
