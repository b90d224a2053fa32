"""The lecture's quiz on the Kullback-Leibler divergence, ready-made (lecture, section 1)."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np
from scipy.special import rel_entr

from cs182viz.demos.page.base import STYLE
from cs182viz.quiz import Quiz

SPACED = """<style>
.kl-quiz .widget-radio-box label { align-items: center; display: flex; gap: 10px; height: 38px; }
.kl-quiz .widget-radio-box input { height: 18px; margin: 0; order: -1; width: 18px; }
</style>"""
QUESTION = "Which of these holds for the Kullback-Leibler divergence of any two distributions?"
CHOICES = {
    "A": "It is symmetric: D(p‖q) = D(q‖p)",
    "B": "It obeys the triangle inequality: D(p‖r) ≤ D(p‖q) + D(q‖r)",
    "C": "It is zero if and only if p = q almost everywhere",
    "D": "All of these",
}


def relative_entropy(p: np.ndarray, q: np.ndarray) -> float:
    """D(p‖q) of two distributions (K,) in nats."""
    return float(rel_entr(p, q).sum())


class KLQuiz(Quiz):
    """What holds for D(p‖q) = sum p log(p/q)? A wrong choice shows its counter-example and offers another try.

    Parameters
    ----------
    kl_divergence : function (p, q) -> D(p‖q) in nats that works out the counter-examples, such as a student's own.
    """

    def __init__(self, kl_divergence: Callable[[np.ndarray, np.ndarray], float] = relative_entropy) -> None:
        super().__init__(QUESTION, CHOICES, _reasons(kl_divergence), correct="C")
        self.widget.children = [widgets.HTML(STYLE + SPACED + "<h2>Quiz</h2>"), *self.widget.children]
        self.widget.add_class("cs182viz-demo")
        self.widget.add_class("kl-quiz")

    def close(self) -> None:
        """Take the widgets away."""
        for child in self.widget.children:
            child.close()
        self.widget.close()


def _reasons(divergence: Callable[[Any, Any], float]) -> dict[str, str]:
    """Why each choice is right or wrong, with the lecture's counter-examples worked out."""
    half, uneven = np.array([0.5, 0.5]), np.array([0.7, 0.3])
    middle, far = np.array([0.25, 0.75]), np.array([0.1, 0.9])
    there, back = divergence(half, uneven), divergence(uneven, half)
    direct, detour = divergence(half, far), divergence(half, middle) + divergence(middle, far)
    return {
        "A": f"For p = (.5, .5) and q = (.7, .3): D(p‖q) = {there:.4f}, but D(q‖p) = {back:.4f}.",
        "B": f"For p = (.5, .5), q = (.25, .75), r = (.1, .9): D(p‖r) = {direct:.2f}, by way of q only {detour:.2f}.",
        "C": "It is never negative either. Without symmetry and triangle inequality it is still no distance.",
        "D": "Two of the three have counter-examples with two outcomes. Try A or B by itself to see one.",
    }
