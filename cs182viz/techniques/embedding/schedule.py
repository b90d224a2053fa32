"""What changes on the way of a t-SNE: by schedule, or because somebody moves a slider (lecture 10, section 1)."""

from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np


@dataclass
class Controls:
    """What may be changed while `tsne_steps` runs, from any thread: the next step goes by the new values.

    Attributes
    ----------
    perplexity : number of neighbours that count as near, more than 1 and less than N - 1.
    exaggeration : factor on P; None follows the schedule, ``early_exaggeration`` at first and 1 afterwards.
    learning_rate : "auto" is N / (4 exaggeration), at least 50 (Belkina et al. 2019, doi:10.1038/s41467-019-13055-y).
    """

    perplexity: float = 30.0
    exaggeration: float | None = None
    learning_rate: float | Literal["auto"] = "auto"


@dataclass
class Schedule:
    """Exaggeration, learning rate and momentum of each step, from what the controls hold at that moment."""

    controls: Controls
    n: int
    early_exaggeration: float
    exaggerated_steps: int

    def exaggeration(self, step: int) -> float:
        if self.controls.exaggeration is not None:
            return positive("exaggeration", self.controls.exaggeration)
        return self.early_exaggeration if step < self.exaggerated_steps else 1.0

    def learning_rate(self, step: int) -> float:
        if self.controls.learning_rate == "auto":
            return max(self.n / (4 * self.exaggeration(step)), 50.0)
        return positive("learning rate", self.controls.learning_rate)

    def momentum(self, step: int) -> float:
        return 0.5 if step < self.exaggerated_steps else 0.8


def positive(name: str, value: float) -> float:
    """The value as a float; ValueError, with its name, unless it is a finite number above 0."""
    if not (isinstance(value, Real) and np.isfinite(value) and value > 0):
        raise ValueError(f"the {name} should be a number above 0, got {value}")
    return float(value)
