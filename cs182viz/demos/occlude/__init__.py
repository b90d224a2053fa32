"""Occlude: drag a grey square over a picture and watch the class probabilities (lecture section 2)."""

from cs182viz.demos.occlude.demo import Occlude

__all__ = ["Occlude"]
