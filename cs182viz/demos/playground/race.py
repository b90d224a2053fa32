"""What one sees of networks that race: decision regions, hidden units and losses; and the figure that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, NullFormatter
from PIL import Image

from cs182viz.canvas import LABEL_SIZE, TITLE_SIZE
from cs182viz.demos.playground.networks import Networks, accuracies, layers, losses
from cs182viz.demos.playground.problems import EXTENT, Data

GRID, TILE = 60, 20  # samples along a side of a decision region, and of a hidden unit's tile
BLUE, ORANGE = "#1f77b4", "#ff7f0e"  # class 1 and class 0
LINES = ("#222222", "#d62728", "#9467bd", "#17a589")  # the racers
DIVERGING = LinearSegmentedColormap.from_list("classes", [ORANGE, "white", BLUE])


@dataclass(frozen=True)
class View:
    """K networks at one step.

    Attributes
    ----------
    losses : (K,) over all the data; not finite for a network that diverged.
    accuracies : (K,), the share on the right side; empty for regression.
    output : float32 (K, GRID, GRID), probabilities of class 1, rows from the top; for regression values (K, GRID).
    units : float32 (K, units, TILE, TILE), all hidden layers one after the other, each unit scaled to -1..1 by its
        greatest value; for regression (K, units, TILE).
    """

    step: int
    data: Data
    losses: np.ndarray
    accuracies: np.ndarray
    output: np.ndarray
    units: np.ndarray


@torch.no_grad()
def look(step: int, networks: Networks, data: Data) -> View:
    """What the networks do with the data and everywhere else in the square."""
    inputs = data.X.shape[1]
    *_, output = layers(networks, grid(GRID, inputs))
    output = output[..., 0].sigmoid() if data.classifies else output[..., 0]  # (K, GRID ** inputs)
    *hidden, _ = layers(networks, grid(TILE, inputs))
    count = len(output)
    units = torch.cat([*hidden, torch.zeros(count, TILE**inputs, 0)], dim=2).transpose(
        1, 2
    )  # (K, units, TILE ** inputs)
    units = units / units.abs().amax(dim=2, keepdim=True).clamp(min=1e-12)
    return View(
        step,
        data,
        losses(networks, data).numpy(),
        accuracies(networks, data).numpy() if data.classifies else np.empty(0),
        output.reshape(count, *[GRID] * inputs).numpy(),
        units.reshape(count, -1, *[TILE] * inputs).numpy(),
    )


def grid(samples: int, inputs: int) -> torch.Tensor:
    """Centres of samples ** inputs cells over the square, (samples ** inputs, inputs): row by row from the top left."""
    line = EXTENT * ((2 * torch.arange(samples) + 1) / samples - 1)
    if inputs == 1:
        return line[:, None]
    return torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), dim=-1).reshape(-1, 2)


def figure(view: View, names: Sequence[str], curves: np.ndarray) -> Image.Image:
    """The race as one picture: each network's output above, below the losses `curves` (rows, 1 + K): step, losses."""
    drawn = Figure(figsize=(3.4 * len(names), 6.6), layout="constrained")
    axes = drawn.subplot_mosaic([list(names), ["loss"] * len(names)], height_ratios=[3, 2])
    for k, name in enumerate(names):
        _draw_output(axes[name], view, k)
        axes[name].set_title(f"{name}: {summary(view, k)}", fontsize=LABEL_SIZE, color=LINES[k])
        axes["loss"].plot(curves[:, 0], curves[:, 1 + k], color=LINES[k], linewidth=2.5, label=name)
    first = curves[0, 1:][np.isfinite(curves[0, 1:])]
    axes["loss"].set_yscale("log")
    # whoever climbs beyond has diverged, and would flatten the others
    axes["loss"].set_ylim(top=min(axes["loss"].get_ylim()[1], 10 * first.max(initial=1e-4)))
    axes["loss"].yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes["loss"].yaxis.set_minor_formatter(NullFormatter())
    axes["loss"].set_xlabel("step", fontsize=LABEL_SIZE)
    axes["loss"].set_ylabel("loss", fontsize=LABEL_SIZE)
    axes["loss"].tick_params(labelsize=LABEL_SIZE)
    axes["loss"].spines[["top", "right"]].set_visible(False)
    axes["loss"].legend(fontsize=LABEL_SIZE, frameon=False, ncols=len(names))
    drawn.suptitle(f"One start, the same batches, {len(names)} optimisers: step {view.step}", fontsize=TITLE_SIZE)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def summary(view: View, k: int) -> str:
    """One network's state in few words."""
    if not np.isfinite(view.losses[k]):
        return "diverged: lower the rate"
    if not view.data.classifies:
        return f"loss {view.losses[k]:.3f}"
    return f"{view.accuracies[k]:.0%} right"


def _draw_output(ax: Axes, view: View, k: int) -> None:
    X, y = view.data.X.numpy(), view.data.y.numpy()
    square = (-EXTENT, EXTENT, -EXTENT, EXTENT)
    if view.data.classifies:
        ax.imshow(view.output[k], extent=square, cmap=DIVERGING, vmin=0, vmax=1, alpha=0.6, interpolation="bilinear")
        ax.scatter(X[:, 0], X[:, 1], c=y, cmap=DIVERGING, vmin=0, vmax=1, s=16, edgecolors="white", linewidths=0.5)
    else:
        ax.scatter(X[:, 0], y, s=10, color="#aaaaaa")
        ax.plot(grid(GRID, 1)[:, 0], view.output[k], color=BLUE, linewidth=3)
    ax.set(xticks=[], yticks=[], xlim=square[:2], ylim=square[2:], aspect="equal")
