"""Code that one types, coloured by a cell of a network that reads it (lecture section 0)."""

from cs182viz.demos.cells.demo import Cells

__all__ = ["Cells"]
