"""What pages have in common in which a network learns: curves that grow, pictures that change."""

from cs182viz.demos.learning.chart import Chart, Curves
from cs182viz.demos.learning.shown import Shown

__all__ = ["Chart", "Curves", "Shown"]
