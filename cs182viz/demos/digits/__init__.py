"""A convolutional network that learns digits before one's eyes, by four optimisers, and reads a drawn one."""

from cs182viz.demos.digits.demo import Digits

__all__ = ["Digits"]
