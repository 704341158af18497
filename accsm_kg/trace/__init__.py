"""Trace a line of a blueprint down to its projects, or a project up to the blueprints."""

from accsm_kg.trace.index import UnknownKeyError
from accsm_kg.trace.render import FORMATS, run

__all__ = ["FORMATS", "UnknownKeyError", "run"]
