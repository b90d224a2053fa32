"""What pages have in common in which a network learns: curves that grow, pictures that change, slices of time."""

from cs182viz.demos.learning.chart import Chart, Curves
from cs182viz.demos.learning.shown import Shown
from cs182viz.demos.learning.slices import Slices

__all__ = ["Chart", "Curves", "Shown", "Slices"]
