"""A small network learns before one's eyes, under four optimisers at once."""

from cs182viz.demos.playground.demo import Playground

__all__ = ["Playground"]
