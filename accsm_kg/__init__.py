"""The knowledge graph of the ASEAN Cooperation on Civil Service Matters (ACCSM)."""

__version__ = "1.0.0"
