"""Search the names, codes and texts of a dataset."""

from accsm_kg.search.render import FORMATS, offer, run

__all__ = ["FORMATS", "offer", "run"]
