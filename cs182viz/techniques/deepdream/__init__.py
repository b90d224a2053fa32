"""DeepDream and the endless zoom (lecture 10, section 6)."""

from cs182viz.techniques.deepdream.dream import Objective, Step, climb, deepdream, guided, half_square, natural
from cs182viz.techniques.deepdream.zoom import enlarge, zoom

__all__ = ["Objective", "Step", "climb", "deepdream", "enlarge", "guided", "half_square", "natural", "zoom"]
