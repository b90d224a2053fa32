"""Occlusion: the probability of a class as a function of where a square covers the picture (lecture section 2)."""

from cs182viz.techniques.occlusion.incremental import Incremental, NotFollowedError
from cs182viz.techniques.occlusion.maps import occlusion_map, positions, spread

__all__ = ["Incremental", "NotFollowedError", "occlusion_map", "positions", "spread"]
