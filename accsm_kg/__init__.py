"""The knowledge graph of the ASEAN Cooperation on Civil Service Matters (ACCSM)."""

__version__ = "2.0.0"
