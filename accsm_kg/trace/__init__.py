"""The line from a blueprint to its projects, or from a project to the blueprints."""

from accsm_kg.trace.render import FORMATS, run

__all__ = ["FORMATS", "run"]
