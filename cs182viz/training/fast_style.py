"""The training of the network that paints in one pass, as `cs182viz train fast_style` runs it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from torch import Tensor

from cs182viz import imageops
from cs182viz.devices import pick
from cs182viz.images import load_image
from cs182viz.techniques.fast_style.train import SIDE, Objective, State, train
from cs182viz.training.losses import losses_in
from cs182viz.training.photographs import Photographs
from cs182viz.zoo import load_model

NAME = "fast_style"
STYLES = (
    "starry_night",
    "cafe_terrace",
    "church_at_auvers",
    "harvest",
    "night_cafe",
    "wave",
    "the_scream",
    "composition_vii",
)
CLONE = Path(__file__).resolve().parents[2]
_NOTEBOOKS = ("solutions/style_transfer/style_transfer.ipynb", "assignments/style_transfer/style_transfer.ipynb")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this training takes on the command line, beside what every training takes."""
    parser.add_argument("--pictures", type=Path, required=True, help="folder or zip file of photographs to learn from")
    parser.add_argument("--styles", nargs="+", default=STYLES, help="paintings: names of ours, or image files")
    parser.add_argument("--losses", type=Path, help="the style_transfer notebook whose four losses are used")
    parser.add_argument("--size", type=int, default=128, help="side of the pictures to learn from, in pixels (128)")
    parser.add_argument(
        "--learning-rate", type=float, default=2e-3, help="of Adam; after 2,000 steps it falls as one over their root"
    )
    parser.add_argument("--batch", type=int, default=4, help="pictures in a step (4)")


class Training:
    """Everything that the command needs: a state, its steps, and what to ship of it.

    Raises
    ------
    ValueError
        Pictures, styles or losses cannot be had; the message says which and why.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.device = pick(options.device)
        self.photographs = Photographs(options.pictures)
        if options.size < 64 or options.size % 4:
            raise ValueError(f"--size is a multiple of 4 from 64 on, got {options.size}")
        if options.batch < 1:
            raise ValueError(f"--batch is 1 or more, got {options.batch}")
        self.paintings = [_painting(name) for name in options.styles]
        self.objective = _objective(options.losses or _notebook())
        if not 0 < options.learning_rate <= 1:
            raise ValueError(f"--learning-rate lies between 0 and 1, got {options.learning_rate:g}")
        names = [Path(name).stem for name in options.styles]
        self.state = State(names, seed=options.seed, learning_rate=options.learning_rate).to(self.device)
        self.options = options

    def steps(self) -> Iterator[tuple[int, State, float]]:
        """Train on from where the state is."""
        model = load_model(device=self.device)
        self.state.to(self.device)
        batches = self.photographs.batches(
            self.options.size, self.options.batch, seed=self.options.seed, skip=self.state.step
        )
        return train(self.state, self.objective, model, self.paintings, batches)

    def weights(self) -> dict[str, Tensor]:
        """What to ship: the averaged weights."""
        return dict(self.state.average.module.state_dict())

    def about(self) -> dict[str, Any]:
        """What a reader has to know of the weights."""
        network = self.state.network
        return {
            "network": NAME,
            "styles": list(network.styles),
            "width": network.width,
            "blocks": len(network.blocks),
            "data": f"{len(self.photographs.learned)} pictures; {len(self.photographs.held_out)} were held out",
            "size": self.options.size,
            "batch": self.options.batch,
        }


def _objective(notebook: Path) -> Objective:
    own = losses_in(notebook)
    return Objective(own["content_loss"], own["gram_matrix"], own["style_loss"], own["tv_loss"])


def _painting(name: str) -> Tensor:
    """A painting at the size that the losses are meant for, (1, 3, H, W)."""
    path = Path(name)
    if path.suffix:
        try:
            image: Any = Image.open(path).convert("RGB")
        except (OSError, UnidentifiedImageError) as error:
            raise ValueError(f"the painting {name} cannot be read: {error}") from error
    else:
        image = load_image(name)
    return imageops.preprocess(image, size=SIDE)


def _notebook() -> Path:
    places: Sequence[Path] = [folder / name for folder in (Path.cwd(), CLONE) for name in _NOTEBOOKS]
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        raise ValueError("name the notebook with the losses of style transfer: --losses style_transfer.ipynb")
    return found
