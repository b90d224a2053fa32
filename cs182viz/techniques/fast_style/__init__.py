"""Neural style in one pass, by a network that was trained for it (lecture section 7)."""

from cs182viz.techniques.fast_style.measure import flicker, steps_worth
from cs182viz.techniques.fast_style.network import Stylizer
from cs182viz.techniques.fast_style.shipped import load_stylizer
from cs182viz.techniques.fast_style.steady import Steady
from cs182viz.techniques.fast_style.train import Objective, State, train

__all__ = ["Objective", "State", "Steady", "Stylizer", "flicker", "load_stylizer", "steps_worth", "train"]
