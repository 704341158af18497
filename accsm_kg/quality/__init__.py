"""Validation of a dataset, and the report on its quality."""
