"""What the small networks do, as figures: pens, beliefs row by row, a sum with its carry."""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from cs182viz.canvas import LABEL_SIZE, TITLE_SIZE
from cs182viz.techniques.recap import problems
from cs182viz.techniques.recap.networks import Adder, Pen, Rows

BLUE, ORANGE = "#1f77b4", "#ff7f0e"


def show_pens(network: Pen, turns: Tensor) -> Figure:
    """Each shape at each angle (M,): what was asked for in grey, what the pen drew in blue, its start orange."""
    figure = Figure(figsize=(2.1 * len(turns), 9), layout="constrained")
    axes = figure.subplots(len(problems.SHAPES), len(turns), squeeze=False)
    for kind, row in enumerate(axes):
        asked, right = problems.pens(torch.full((len(turns),), kind), turns)
        for ax, wanted, drawn in zip(row, right, network(asked), strict=True):
            ax.plot(*wanted.T, color="0.8", linewidth=7, solid_joinstyle="round")
            ax.plot(*drawn.T, color=BLUE, linewidth=2, marker="o", markersize=3)
            ax.plot(*drawn[0], color=ORANGE, marker="o", markersize=8)
            ax.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal", xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        row[0].set_ylabel(problems.SHAPES[kind], fontsize=LABEL_SIZE)
    figure.suptitle("One to many: one word and an angle in, 25 places of a pen out", fontsize=TITLE_SIZE)
    return figure


def show_beliefs(network: Rows, pictures: Tensor, labels: Tensor) -> Figure:
    """Pictures (N, 8, 8), and beside each row what the network believes when it has read that far."""
    beliefs = network.beliefs(pictures)
    figure = Figure(figsize=(15, 2 + 2.6 * -(-len(pictures) // 3)), layout="constrained")
    axes = figure.subplots(-(-len(pictures) // 3), 6, squeeze=False).reshape(-1, 2)
    for (left, right), picture, belief, label in zip(axes, pictures, beliefs, labels.tolist(), strict=False):
        left.imshow(picture, cmap="Greys", vmin=0, vmax=1)
        left.set(xticks=[], yticks=[])
        left.set_title(f"a {label}", fontsize=LABEL_SIZE)
        drawn = right.imshow(belief, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        right.set_xticks(range(10), map(str, range(10)), fontsize=LABEL_SIZE)
        right.set_yticks([])
        right.set_title("believed", fontsize=LABEL_SIZE)
    for ax in axes[len(pictures) :].flat:
        ax.remove()
    bar = figure.colorbar(drawn, ax=axes[: len(pictures), 1].tolist(), shrink=0.6)
    bar.ax.tick_params(labelsize=LABEL_SIZE)
    figure.suptitle("Many to one: what it believes after each row, from the top", fontsize=TITLE_SIZE)
    return figure


def show_sum(network: Adder, first: int, second: int) -> Figure:
    """An addition from the right to the left, and the cell whose memory follows the carry best.

    Raises
    ------
    ValueError
        A number is negative.
    """
    if min(first, second) < 0:
        raise ValueError(f"expected numbers of 0 or more, got {first} and {second}")
    bits = max(first, second, 1).bit_length() + 1
    places = torch.arange(bits)
    x = torch.tensor([[first], [second]]) >> places & 1  # (2, bits)
    answer = (network(x.T[None].float())[0] > 0).long()
    carry = ((first % 2 ** (places + 1) + second % 2 ** (places + 1)) >= 2 ** (places + 1)).long()
    h = network.lstm(x.T[None].float())[0][0]  # (bits, cells)
    alike = np.nan_to_num([np.corrcoef(h[:, cell], carry)[0, 1] for cell in range(h.shape[1])])
    cell = int(np.abs(alike).argmax())
    rows = {"first": x[0], "second": x[1], "carry": carry, "network's sum": answer}
    figure = Figure(figsize=(15, 5), layout="constrained")
    table, ax = figure.subplots(2, 1, height_ratios=[3, 2])
    for row, (name, values) in enumerate(rows.items()):
        for place, value in enumerate(values.tolist()):
            colour = BLUE if name == "network's sum" else "0.6" if name == "carry" else "black"
            table.text(bits - 1 - place, -row, value, fontsize=TITLE_SIZE, ha="center", va="center", color=colour)
    table.set(xlim=(-0.7, bits - 0.3), ylim=(-len(rows) + 0.4, 0.6), xticks=[])
    table.set_yticks(range(0, -len(rows), -1), rows, fontsize=LABEL_SIZE)
    table.spines[:].set_visible(False)
    table.tick_params(length=0)
    ax.bar((bits - 1 - places).numpy(), h[:, cell].numpy(), color=[ORANGE if one else BLUE for one in carry.tolist()])
    ax.set(xlim=table.get_xlim(), xticks=[])
    ax.set_ylabel(f"cell {cell}", fontsize=LABEL_SIZE)
    ax.tick_params(labelsize=LABEL_SIZE)
    ax.set_xlabel("orange: there is something to carry", fontsize=LABEL_SIZE)
    total = int((answer << places).sum())
    figure.suptitle(f"Many to many: {first:,} + {second:,} = {total:,}", fontsize=TITLE_SIZE)
    return figure
