"""Turn the record of the ASEAN Cooperation on Civil Service Matters into a knowledge graph."""

__version__ = "1.0.0"
