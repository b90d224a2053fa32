"""A network that says what is in a drawn scene: a captioner on SqueezeNet's codes (lecture section 0)."""

from cs182viz.techniques.captioner.measure import held_out, right
from cs182viz.techniques.captioner.network import Caption, Captioner, codes_of
from cs182viz.techniques.captioner.scenes import Scene, Thing, render, scene
from cs182viz.techniques.captioner.shipped import load_captioner
from cs182viz.techniques.captioner.train import State, train

__all__ = [
    "Caption",
    "Captioner",
    "Scene",
    "State",
    "Thing",
    "codes_of",
    "held_out",
    "load_captioner",
    "render",
    "right",
    "scene",
    "train",
]
