"""The controls of `StyleAndDream`: two sets, of which the mode shows one, and what they ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from cs182viz.images import style_names

DREAM, STYLE = "Dream", "Style"
WHATEVER = "whatever it sees"  # in the place of a guide
COLOURS = {"the painting's": "style", "the photograph's, matched": "matched", "the photograph's, exact": "luminance"}
WIDTH = "400px"


@dataclass(frozen=True)
class Wish:
    """What the controls ask for.

    A dream: `layer`, `stroke` (by how much the mean pixel moves in a step), `zoom` (percent a frame), `guide` (a
    picture's name or None), `natural` (in the photograph's colours). A painting: `paintings`, of which the second has
    the share `mix`, `likeness` (the weight of the content), `smoothness` (that of the total variation) and `colours`.
    """

    mode: str
    layer: str
    stroke: float
    zoom: float
    guide: str | None
    natural: bool
    paintings: tuple[str, str]
    mix: float
    likeness: float
    smoothness: float
    colours: str

    @property
    def words(self) -> str:
        """What is done, for the status line and the kept picture."""
        if self.mode == DREAM:
            guide = "" if self.guide is None else f" of the {readable(self.guide)}"
            return f"Dreaming at {self.layer}{guide}"
        first, second = (readable(name) for name in self.paintings)
        painted = {0.0: first, 1.0: second}.get(self.mix, f"{first} and {second}")
        return f"Painting like {painted}"


class Controls:
    """Sliders and menus; `widget` shows those of the mode, `wish` reads them all.

    Parameters
    ----------
    layers : to dream at; the middle one first.
    guides : names of pictures to dream of.
    mode : "Dream" or "Style"; ValueError for anything else.
    on_change : called when any of them has changed.
    on_mode : called when the mode has.
    """

    def __init__(
        self,
        layers: Sequence[str],
        guides: Sequence[str],
        mode: str,
        on_change: Callable[[], object],
        on_mode: Callable[[], object],
    ) -> None:
        if mode not in (DREAM, STYLE):
            raise ValueError(f"mode is {DREAM!r} or {STYLE!r}, got {mode!r}")
        self._mode = widgets.ToggleButtons(options=[DREAM, STYLE], value=mode, style={"button_width": "120px"})
        self._dream = _dream_controls(layers, guides)
        self._style = _style_controls()
        self._sets = {DREAM: widgets.VBox([*self._dream.values()]), STYLE: widgets.VBox([*self._style.values()])}
        self.widget = widgets.VBox([self._mode, *self._sets.values()], layout={"grid_gap": "6px"})
        self._show_set()
        for control in (*self._dream.values(), *self._style.values()):
            control.observe(lambda _: on_change(), names="value")

        def switched(_: Any) -> None:
            self._show_set()
            on_mode()

        self._mode.observe(switched, names="value")

    def wish(self) -> Wish:
        """What they ask for now."""
        values = {name: control.value for name, control in (self._dream | self._style).items()}
        paintings, guide = (values.pop("first"), values.pop("second")), values.pop("guide") or None
        return Wish(mode=self._mode.value, paintings=paintings, guide=guide, **values)

    def _show_set(self) -> None:
        for mode, controls in self._sets.items():
            controls.layout.display = "flex" if mode == self._mode.value else "none"


def readable(name: str) -> str:
    """Name of a picture as one says it: starry_night -> starry night."""
    return name.replace("_", " ")


def _dream_controls(layers: Sequence[str], guides: Sequence[str]) -> dict[str, Any]:
    middle = "fire7" if "fire7" in layers else layers[len(layers) // 2]
    of_what = [(WHATEVER, ""), *((readable(name), name) for name in guides)]
    controls = {
        "layer": widgets.SelectionSlider(options=list(layers), value=middle, description="Layer"),
        "stroke": widgets.FloatSlider(0.03, min=0.005, max=0.1, step=0.005, readout_format=".3f", description="Stroke"),
        "zoom": widgets.FloatSlider(0.0, min=0.0, max=6.0, step=0.5, readout_format=".1f", description="Zoom %"),
        "guide": widgets.Dropdown(options=of_what, value="", description="Of"),
        "natural": widgets.Checkbox(True, description="in the photograph's colours", indent=False),
    }
    return _laid_out(controls)


def _style_controls() -> dict[str, Any]:
    paintings = [(readable(name), name) for name in style_names()]
    controls = {
        "first": widgets.Dropdown(options=paintings, value="starry_night", description="Painting"),
        "second": widgets.Dropdown(options=paintings, value="cafe_terrace", description="Another"),
        "mix": widgets.FloatSlider(0.0, min=0.0, max=1.0, step=0.05, description="Mixture"),
        "likeness": widgets.FloatLogSlider(
            0.01, base=10, min=-4, max=0, step=0.1, readout_format=".1e", description="Likeness"
        ),
        "smoothness": widgets.FloatLogSlider(
            10, base=10, min=0, max=3, step=0.1, readout_format=".0f", description="Smooth"
        ),
        "colours": widgets.Dropdown(options=COLOURS, value="style", description="Colours"),
    }
    return _laid_out(controls)


def _laid_out(controls: dict[str, Any]) -> dict[str, Any]:
    for name, control in controls.items():
        control.layout.width = WIDTH
        control.style.description_width = "100px"
        control.add_class(f"control-{name}")
    return controls
