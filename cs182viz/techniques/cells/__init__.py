"""Cells of a recurrent network that reads source code, and what each of them follows (lecture section 0)."""

from cs182viz.techniques.cells.colour import colour_text, guesses, predictions_table
from cs182viz.techniques.cells.labels import label
from cs182viz.techniques.cells.network import Reader, Reading
from cs182viz.techniques.cells.ngram import NGram
from cs182viz.techniques.cells.scores import Found, find_cells, scores
from cs182viz.techniques.cells.shipped import EXAMPLE, load_card, load_found, load_reader, load_source
from cs182viz.techniques.cells.train import State, train

__all__ = [
    "EXAMPLE",
    "Found",
    "NGram",
    "Reader",
    "Reading",
    "State",
    "colour_text",
    "find_cells",
    "guesses",
    "label",
    "load_card",
    "load_found",
    "load_reader",
    "load_source",
    "predictions_table",
    "scores",
    "train",
]
