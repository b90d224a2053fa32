"""What goes on inside an LSTM step by step: its gates, its memory c and what it shows of it, h."""

from dataclasses import dataclass

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from cs182viz.canvas import LABEL_SIZE, TITLE_SIZE

ROWS = {"i": "i: let in", "f": "f: keep", "o": "o: show", "c": "c: memory", "h": "h: shown"}


@dataclass(frozen=True)
class Trace:
    """Gates i, f, o in 0..1, candidate g in -1..1, memory c and output h in -1..1 after each input, all (T, cells)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


@torch.no_grad()
def trace(lstm: nn.LSTM, x: Tensor) -> Trace:
    """Run the first layer of an LSTM over inputs (T, in) from an empty memory, and keep everything.

    Hochreiter and Schmidhuber 1997 (DOI 10.1162/neco.1997.9.8.1735), with the forget gate of Gers, Schmidhuber and
    Cummins 2000 (DOI 10.1162/089976600300015015).

    Raises
    ------
    ValueError
        The inputs are not of the width that the LSTM reads.
    """
    if x.ndim != 2 or x.shape[1] != lstm.input_size or not len(x):
        raise ValueError(f"expected inputs of shape (T, {lstm.input_size}), got {tuple(x.shape)}")
    of_input, recurrent, *biases = lstm.all_weights[0]
    inputs = x @ of_input.T + (sum(biases) if biases else 0)  # (T, 4 cells)
    h = c = inputs.new_zeros(lstm.hidden_size)
    steps = []
    for one in inputs:
        gates = (one + recurrent @ h).chunk(4)  # in the order that torch keeps them
        i, f, o, g = gates[0].sigmoid(), gates[1].sigmoid(), gates[3].sigmoid(), gates[2].tanh()
        c = f * c + i * g
        h = o * c.tanh()
        steps.append((i, f, g, o, c, h))
    return Trace(*(torch.stack(column) for column in zip(*steps, strict=True)))


def show_trace(traced: Trace, cell: int, text: str, *, title: str) -> Figure:
    """One cell over a text (T characters): gates from white (0) to black (1), c and h from blue to red.

    Raises
    ------
    ValueError
        There is not one step for each character.
    """
    if len(text) != len(traced.c):
        raise ValueError(f"expected one step for each of {len(text)} characters, got {len(traced.c)}")
    figure = Figure(figsize=(15, 4.2), layout="constrained")
    axes = figure.subplots(len(ROWS), 1, sharex=True)
    for ax, (name, label) in zip(axes, ROWS.items(), strict=True):
        values = getattr(traced, name)[:, cell][None]
        if name in "ch":
            most = max(1.0, float(values.abs().max()))
            ax.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
        else:
            ax.imshow(values, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        ax.set_yticks([0], [label], fontsize=LABEL_SIZE)
    shown = [{"\n": "\u21b5", " ": ""}.get(letter, letter) for letter in text]
    axes[-1].set_xticks(range(len(text)), shown, fontsize=LABEL_SIZE, family="monospace")
    figure.suptitle(title, fontsize=TITLE_SIZE)
    return figure
