"""Drawings: the five designs as boxes and arrows, and the inside of an LSTM beside its equations."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from cs182viz.canvas import LABEL_SIZE, TITLE_SIZE
from cs182viz.techniques.recap.designs import DESIGNS, Design

INPUT, STATE, OUTPUT, LINE = "#f4c095", "#9fc5a8", "#a6c8e8", "#333333"
EQUATIONS = (
    r"$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$    what is let in",
    r"$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$    what is kept",
    r"$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$    what is new",
    r"$o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$    what is shown",
    r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$    the memory",
    r"$h_t = o_t \odot \tanh(c_t)$    what leaves",
)
_HIGH, _WIDE, _STEP = 0.34, 0.62, 1.0
_GATES = {"f": ("\u03c3", 1.6), "i": ("\u03c3", 2.9), "g": ("tanh", 3.9), "o": ("\u03c3", 5.2)}
_MEMORY, _BELOW, _GATE = 4.0, 0.6, 1.6  # heights: the line of c, that of h and x, the gates


def draw_designs(designs: Iterable[Design] = tuple(DESIGNS.values())) -> Figure:
    """The designs beside one another: inputs below, states in the middle, outputs above, time to the right."""
    designs = tuple(designs)
    figure = Figure(figsize=(15, 4.2), layout="constrained")
    for ax, design in zip(figure.subplots(1, len(designs), squeeze=False)[0], designs, strict=True):
        _draw_design(ax, design)
    figure.suptitle("Five ways to join inputs and outputs", fontsize=TITLE_SIZE)
    return figure


def _draw_design(ax: Axes, design: Design) -> None:
    used = sorted({*design.inputs, *design.outputs})
    for place in used:
        _box(ax, place, 1, STATE)
        if place in design.inputs:
            _box(ax, place, 0, INPUT)
            _arrow(ax, (place, _HIGH / 2), (place, 1 - _HIGH / 2))
        if place in design.outputs:
            _box(ax, place, 2, OUTPUT)
            _arrow(ax, (place, 1 + _HIGH / 2), (place, 2 - _HIGH / 2))
        if place + 1 in used:
            _arrow(ax, (place + _WIDE / 2, 1), (place + 1 - _WIDE / 2, 1))
    ax.set(xlim=(-0.6, 4.6), ylim=(-0.5, 2.5), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title(design.name.replace(", ", ",\n"), fontsize=LABEL_SIZE)
    ax.set_xlabel(design.says.replace(", ", ",\n"), fontsize=LABEL_SIZE)
    if not design.inputs[0] and len(design.inputs) == len(design.outputs) == 1:
        ax.set_aspect("equal")


def draw_lstm() -> Figure:
    """One step of an LSTM: the memory runs through at the top, gates multiply, and the equations stand beside it."""
    figure = Figure(figsize=(15, 5.6), layout="constrained")
    ax, words = figure.subplots(1, 2, width_ratios=[3, 2])
    _draw_step(ax)
    words.set(xlim=(0, 1), ylim=(0, 1))
    words.set_axis_off()
    for row, line in enumerate(EQUATIONS):
        words.text(0.02, 0.9 - 0.15 * row, line, fontsize=LABEL_SIZE + 1, va="center")
    figure.suptitle("One step of an LSTM", fontsize=TITLE_SIZE)
    return figure


def _draw_step(ax: Axes) -> None:
    ax.add_patch(FancyBboxPatch((0.6, 0.15), 6.6, 4.4, boxstyle="round,pad=0.1", facecolor="#f3f6f4", edgecolor=STATE))
    for name, (kind, x) in _GATES.items():
        _box(ax, x, _GATE, STATE, width=0.78, height=0.56, text=kind)
        _line(ax, [(x, _BELOW), (x, _GATE - 0.28)], arrow=True)
        ax.text(x - 0.14, _GATE + 0.5, f"${name}_t$", fontsize=LABEL_SIZE, ha="right")
    _line(ax, [(-0.3, _BELOW), (_GATES["o"][1], _BELOW)])
    _line(ax, [(0.9, -0.5), (0.9, _BELOW)])
    _line(ax, [(-0.3, _MEMORY), (7.9, _MEMORY)], arrow=True, wide=3.2)
    f, i, g, o = (_GATES[name][1] for name in "figo")
    _line(ax, [(f, _GATE + 0.28), (f, _MEMORY - 0.24)], arrow=True)
    _line(ax, [(i, _GATE + 0.28), (i, 2.9), (g - 0.24, 2.9)], arrow=True)
    _line(ax, [(g, _GATE + 0.28), (g, 2.66)], arrow=True)
    _line(ax, [(g, 3.14), (g, _MEMORY - 0.24)], arrow=True)
    out = 6.3
    _line(ax, [(out, _MEMORY), (out, 3.38)], arrow=True)
    _box(ax, out, 3.1, STATE, width=0.78, height=0.5, text="tanh")
    _line(ax, [(out, 2.85), (out, 2.24)], arrow=True)
    _line(ax, [(o, _GATE + 0.28), (o, 2.0), (out - 0.24, 2.0)], arrow=True)
    _line(ax, [(out, 1.76), (out, _BELOW), (7.9, _BELOW)], arrow=True)
    for x, y, sign in ((f, _MEMORY, "\u00d7"), (g, _MEMORY, "+"), (g, 2.9, "\u00d7"), (out, 2.0, "\u00d7")):
        ax.add_patch(Circle((x, y), 0.24, facecolor=INPUT, edgecolor=LINE, zorder=4))
        ax.text(x, y, sign, fontsize=TITLE_SIZE, ha="center", va="center", zorder=5)
    ends = {
        "$c_{t-1}$": (-0.75, _MEMORY),
        "$c_t$": (8.2, _MEMORY),
        "$h_{t-1}$": (-0.75, _BELOW),
        "$h_t$": (8.2, _BELOW),
    }
    for text, (x, y) in (ends | {"$x_t$": (0.9, -0.75)}).items():
        ax.text(x, y, text, fontsize=TITLE_SIZE, ha="center", va="center")
    ax.set(xlim=(-1.2, 8.6), ylim=(-1, 4.8), aspect="equal")
    ax.set_axis_off()


def _box(
    ax: Axes, x: float, y: float, colour: str, *, width: float = _WIDE, height: float = _HIGH, text: str = ""
) -> None:
    corner = (x - width / 2, y - height / 2)
    shape = "round,pad=0,rounding_size=0.06"
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, facecolor=colour, edgecolor=LINE, zorder=3))
    ax.text(x, y, text, fontsize=LABEL_SIZE, ha="center", va="center", zorder=4)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": LINE, "shrinkA": 0, "shrinkB": 0, "lw": 1.6})


def _line(ax: Axes, points: list[tuple[float, float]], *, arrow: bool = False, wide: float = 1.8) -> None:
    ax.plot(*zip(*points, strict=True), color=LINE, linewidth=wide, solid_capstyle="round", zorder=2)
    if arrow:
        _arrow(ax, points[-2], points[-1])
