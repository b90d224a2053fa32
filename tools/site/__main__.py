"""Write what the site's pages read into a folder: `python -m tools.site FOLDER [--numbers FOLDER]`.

With `--numbers`, numbers from PyTorch go into a second folder, which the tests of the page's mathematics are held to.
The same package gives the same bytes.
"""

import argparse
from pathlib import Path

import torch

from cs182viz import zoo
from cs182viz.demos.quiz import KLQuiz
from cs182viz.images import load_images
from cs182viz.techniques.fast_style import load_stylizer
from tools.site import numbers, pictures, points, squeezenet, stylizer, units


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbers", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # sums round in one way, or units that are equally strong would change places
    model, photographs = zoo.load_model(), load_images()
    names = squeezenet.export(model, options.folder)
    pictures.export(model, photographs, options.folder)
    stylizer.export(load_stylizer(), options.folder)
    points.export_points(model, photographs, options.folder)
    points.export_quiz(KLQuiz(), options.folder)
    points.export_cells(options.folder)
    points.export_agent(options.folder)
    units.export(model, names, photographs, options.folder)
    if options.numbers:
        options.numbers.mkdir(parents=True, exist_ok=True)
        numbers.export(model, photographs, options.numbers)


if __name__ == "__main__":
    main()
