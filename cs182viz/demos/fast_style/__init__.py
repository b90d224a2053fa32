"""Neural style in one pass, from the webcam (lecture section 7)."""

from cs182viz.demos.fast_style.demo import FastStyle

__all__ = ["FastStyle"]
