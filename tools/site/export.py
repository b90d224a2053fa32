"""All that the site's pages read."""

from pathlib import Path

import torch

from cs182viz import zoo
from cs182viz.demos.quiz import KLQuiz
from cs182viz.images import load_images
from cs182viz.techniques.fast_style import load_stylizer
from tools.site import numbers, pictures, points, squeezenet, stylizer, units


def export(folder: Path, tested: Path | None = None) -> None:
    """Write what the pages read into a folder, and into `tested` numbers from PyTorch that tests hold them to."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # sums round in one way, or units that are equally strong would change places
    model, photographs = zoo.load_model(), load_images()
    names = squeezenet.export(model, folder)
    pictures.export(model, photographs, folder)
    stylizer.export(load_stylizer(), folder)
    points.export_points(model, photographs, folder)
    points.export_quiz(KLQuiz(), folder)
    points.export_cells(folder)
    points.export_agent(folder)
    points.export_bugs(folder)
    units.export(model, names, photographs, folder)
    if tested:
        tested.mkdir(parents=True, exist_ok=True)
        numbers.export(model, photographs, tested)
