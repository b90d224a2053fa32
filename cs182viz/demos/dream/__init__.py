"""Style and dream: a picture that evolves while the sliders move (lecture, sections 6 and 7)."""

from cs182viz.demos.dream.demo import StyleAndDream

__all__ = ["StyleAndDream"]
