"""The first line of every notebook: one visible seed, readable figures, and errors that speak in sentences.

A stub that is reached and a check that fails are no crashes, so they get no page of traceback: one sentence and the
line that it is about. They remain outputs of the type *error*, which is what nbgrader takes points for.
"""

import linecache
import random
import traceback
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import torch

FIGURE_DEFAULTS: dict[Any, Any] = {
    "figure.figsize": (9, 6),
    "figure.dpi": 100,
    "font.size": 14,
    "axes.titlesize": 17,
    "axes.labelsize": 14,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
}

_QUICKLY = {"pil_kwargs": {"compress_level": 3}}
"""Less than half the time of the usual level, 6, for a PNG of photographs that is a twentieth to a ninth larger."""

MOST_PANELS = 12
"""Panels that an alternative text names."""


def setup(seed: int = 182) -> None:
    """Seed `random`, NumPy and PyTorch; in a notebook also set matplotlib's defaults and shorten two kinds of errors.

    `NotImplementedError` from a stub names the function that is not written yet, and `AssertionError` is shown as its
    message with the line that failed. Every other exception keeps its traceback.
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, what NumPy's global functions draw from is what there is to seed
    torch.manual_seed(seed)
    shell = _running_shell()
    if shell is not None:
        _prepare_figures(shell)
        shell.set_custom_exc((NotImplementedError, AssertionError), _show_sentence)


def _running_shell() -> Any | None:
    try:
        from IPython import get_ipython
    except ImportError:  # the package does not need IPython, only its notebooks do
        return None
    return get_ipython()


def _prepare_figures(shell: Any) -> None:
    import matplotlib as mpl

    if hasattr(shell, "kernel"):
        shell.run_line_magic("matplotlib", "inline")
        _show_figures(shell)
    mpl.rcParams.update(FIGURE_DEFAULTS)


def _show_figures(shell: Any) -> None:
    """Have every figure shown quickly, with its own words as alternative text: nbconvert's classic pages speak it."""
    from matplotlib.figure import Figure

    formatter = shell.display_formatter.formatters["image/png"]
    draw = formatter.lookup_by_type(Figure)

    def with_words(figure: Figure, **options: Any) -> Any:
        drawn = draw(figure, **(_QUICKLY | options))
        return (drawn, {"alt": alt_text(figure)}) if isinstance(drawn, str | bytes) else drawn

    formatter.for_type(Figure, with_words)


def alt_text(figure: Any) -> str:
    """What a matplotlib figure says of itself, in a sentence: title, panels, what is drawn over what, caption.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Its title above all panels, else a panel's title, is what there is to see.
    """
    panels = [_panel(ax) for ax in figure.axes]
    named = list(dict.fromkeys(panel for panel in panels if panel))
    shown = "; ".join(named[:MOST_PANELS]) + (f"; and {len(named) - MOST_PANELS} more" * (len(named) > MOST_PANELS))
    parts = [figure.get_suptitle(), shown, figure.get_supxlabel()]
    sentences = [" ".join(part.split()).rstrip(".") for part in parts if part.strip()]
    return ". ".join(sentences) + "." if sentences else "A figure without words."


def _panel(ax: Any) -> str:
    """A panel's title, and its axes' labels where they have some."""
    over = " over ".join(label for label in (ax.get_ylabel(), ax.get_xlabel()) if label)
    return ": ".join(part for part in (ax.get_title(), over) if part)


def _show_sentence(
    shell: Any, kind: type[BaseException], error: BaseException, tb: TracebackType, tb_offset: int | None = None
) -> list[str] | None:
    """IPython's handler for the exceptions that `setup` registers it for; sends the error to the notebook."""
    frames = list(traceback.walk_tb(tb))
    own = [(frame, line) for frame, line in frames if frame.f_globals is shell.user_module.__dict__]
    if issubclass(kind, AssertionError) and own:
        text = _failed_check(error, own)
    elif own and frames[-1] == own[-1] and _source(*own[-1]).startswith("raise NotImplementedError"):
        text = _reached_stub(error, own[-1][0].f_code.co_name)
    else:  # a library's own exception of the same type
        shell.showtraceback((kind, error, tb), tb_offset=tb_offset)
        return None
    lines = [f"\x1b[0;31m{kind.__name__}\x1b[0m: {text}"]
    shell._showtraceback(kind, error, lines)
    return lines


def _reached_stub(error: BaseException, function: str) -> str:
    """The sentence for a stub, and what the stub itself says."""
    if function == "<module>":
        sentence = "this cell is not written yet: fill it in and run it again."
    else:
        sentence = f"{function} is not written yet: fill in its cell above, run it, then run this cell again."
    return f"{sentence}\n{error}".rstrip()


def _failed_check(error: BaseException, own: list[tuple[FrameType, int]]) -> str:
    """The check's message and its line in the cell that was run, the innermost if functions there call each other."""
    cell = own[0][0].f_code.co_filename
    frame, line = [place for place in own if place[0].f_code.co_filename == cell][-1]
    message = str(error).strip() or "this check does not hold."
    return f"{message}\n\nLine {line} of this cell:\n    {_source(frame, line)}"


def _source(frame: FrameType, line: int) -> str:
    return linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
