"""When projects take place by what the sources state, and what happened in the history."""

from accsm_kg.timeline.model import GROUPS, SCALES, Selection
from accsm_kg.timeline.render import run

__all__ = ["GROUPS", "SCALES", "Selection", "run"]
