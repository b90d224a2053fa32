"""What one presses and moves on every page: the same buttons, in rows that break where the page is narrow."""

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets


def controls(*parts: widgets.Widget) -> widgets.HBox:
    """Sliders, menus and buttons beside one another, each as wide as it wants to be."""
    return _row(parts, "controls")


def parts(*shown: widgets.Widget) -> widgets.HBox:
    """What a page shows, beside one another where there is room."""
    return _row(shown, "parts")


def button(text: str, icon: str, does: Callable[[], object], *, tooltip: str = "") -> widgets.Button:
    """A button as wide as its text, which calls ``does()``."""
    made: Any = widgets.Button(description=text, icon=icon, tooltip=tooltip, layout={"width": "auto"})
    made.on_click(lambda _: does())
    return made


def again(restart: Callable[[], object], resume: Callable[[], object]) -> list[widgets.Button]:
    """The two buttons of everything that can be stopped."""
    return [
        button("Start over", "refresh", restart, tooltip="From the beginning"),
        button("Go on", "play", resume, tooltip="From where it is now"),
    ]


def _row(children: Iterable[widgets.Widget], name: str) -> widgets.HBox:
    row = widgets.HBox(list(children))
    row.add_class(name)
    return row
