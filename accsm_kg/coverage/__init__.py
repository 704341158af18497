"""Which projects stand behind each target or area, and where nothing does."""

from accsm_kg.coverage.model import ORDERS, ROWS, Selection
from accsm_kg.coverage.render import FORMATS, run

__all__ = ["FORMATS", "ORDERS", "ROWS", "Selection", "run"]
