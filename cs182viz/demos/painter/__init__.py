"""A small network paints a picture from coordinates while one watches, as ConvNetJS's does."""

from cs182viz.demos.painter.demo import Painter

__all__ = ["Painter"]
