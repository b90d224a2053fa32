"""Which cell follows what? Each cell's tanh(c) against what a reader of C knows at the same character."""

from dataclasses import dataclass

import numpy as np

from cs182viz.techniques.cells.labels import NAMES, QUANTITIES, label
from cs182viz.techniques.cells.network import Reading


@dataclass(frozen=True)
class Found:
    """A cell that a program found.

    Attributes
    ----------
    name : what it follows, one of `labels.NAMES`.
    cell : its number.
    score : on the text that it was found in, -1..1: the correlation r for a quantity, 2 AUC - 1 for yes or no.
    held_out : the same, on a text that neither the network nor the search has seen; nan without one.
    """

    name: str
    cell: int
    score: float
    held_out: float

    @property
    def measure(self) -> float:
        """The held-out score as it is usually told: r (with its sign), or the AUC, of the cell or of its negative."""
        return self.held_out if self.name in QUANTITIES else 0.5 + abs(self.held_out) / 2


def correlation(cells: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Pearson's r of each cell (T, cells) with a quantity (T,); 0 where one of them never changes."""
    x, y = cells - cells.mean(0), quantity - quantity.mean()
    size = np.sqrt((x * x).sum(0) * (y * y).sum())
    return np.divide(y @ x, size, out=np.zeros(cells.shape[1]), where=size > 1e-12)


def separation(ranks: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """2 AUC - 1 of each cell for yes or no (T,), -1..1: 1 if it is always higher inside; 0 if all or nothing is inside.

    The AUC is Mann and Whitney's statistic: how often the cell is higher at a character inside than at one outside.

    Parameters
    ----------
    ranks : of each cell's values among those of the text, from 1, ties shared (T, cells).
    """
    yes, no = int(inside.sum()), int((~inside).sum())
    if not yes or not no:
        return np.zeros(ranks.shape[1])
    return 2 * (ranks[inside].sum(0) - yes * (yes + 1) / 2) / (yes * no) - 1


def scores(reading: Reading) -> dict[str, np.ndarray]:
    """For each of `labels.NAMES` what every cell scores, (cells,), -1..1."""
    from scipy.stats import rankdata  # a second to import, which a page of cells can do without

    cells, labels = reading.cells.double().numpy(), label(reading.text)
    ranks = rankdata(cells, axis=0)
    return {
        name: correlation(cells, labels[name]) if name in QUANTITIES else separation(ranks, labels[name])
        for name in NAMES
    }


def find_cells(reading: Reading, held_out: Reading | None = None) -> dict[str, Found]:
    """For each of `labels.NAMES` the cell that follows it best in one text, and what that cell scores in another.

    With 256 cells to choose from the best score is flattered; that of another text is not.
    """
    found, other = scores(reading), None if held_out is None else scores(held_out)
    best = {name: int(np.abs(values).argmax()) for name, values in found.items()}
    return {
        name: Found(name, cell, float(found[name][cell]), float(other[name][cell]) if other else float("nan"))
        for name, cell in best.items()
    }
