"""The lecture's live demonstrations: widgets for JupyterLab, each also a page with Voila.

``demos.DeepVis(model, ...)`` as the last line of a cell shows it. They need ``pip install 'cs182viz[lecture]'``.
"""

import importlib
from typing import Any

_MODULES = {  # name -> the module that has it; a demonstration is imported when it is first asked for
    "Agent": "agent",
    "Autoencoder": "autoencoder",
    "Cells": "cells",
    "DeepVis": "deepvis",
    "Digits": "digits",
    "FastStyle": "fast_style",
    "KLQuiz": "quiz",
    "Occlude": "occlude",
    "Painter": "painter",
    "Playground": "playground",
    "StyleAndDream": "dream",
    "TSNELive": "tsne_live",
}

__all__ = [
    "Agent",
    "Autoencoder",
    "Cells",
    "DeepVis",
    "Digits",
    "FastStyle",
    "KLQuiz",
    "Occlude",
    "Painter",
    "Playground",
    "StyleAndDream",
    "TSNELive",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"there is no demonstration {name!r}; there are {', '.join(_MODULES)}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "anywidget":
            raise
        raise ImportError("live demonstrations need one more package: pip install 'cs182viz[lecture]'") from error
