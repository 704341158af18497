"""Compare two built datasets."""

from accsm_kg.diff.render import FORMATS, run

__all__ = ["FORMATS", "run"]
