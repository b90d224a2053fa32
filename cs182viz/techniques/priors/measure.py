"""Does a class hang on single pixels? What is left of its probability when the picture is changed a little."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.techniques.priors.views import Views

_SIDE = 224


def changed_copies(pictures: Tensor) -> dict[str, Tensor]:
    """Copies of pictures (N, 3, H, W) at 224 pixels: shifted, scaled, turned, blurred."""
    x = imageops.resize(pictures, (_SIDE, _SIDE))
    views = Views(side=_SIDE)

    def seen(*rows: Sequence[float]) -> Tensor:
        return views.of(x, torch.tensor(rows).expand(len(x), -1, -1))

    cosine, sine = torch.tensor(12.0).deg2rad().cos().item(), torch.tensor(12.0).deg2rad().sin().item()
    return {
        "shifted left": seen((1, 0, 0.2), (0, 1, 0)),
        "shifted down": seen((1, 0, 0), (0, 1, -0.2)),
        "larger": seen((0.8, 0, 0), (0, 0.8, 0)),
        "smaller": seen((1.25, 0, 0), (0, 1.25, 0)),
        "turned left": seen((cosine, sine, 0), (-sine, cosine, 0)),
        "turned right": seen((cosine, -sine, 0), (sine, cosine, 0)),
        "blurred": imageops.blur(x, 1.5),
        "blurred more": imageops.blur(x, 3.0),
    }


def holds_up(model: nn.Module, pictures: Tensor, targets: Sequence[int]) -> Tensor:
    """Mean probability of each picture's class over its `changed_copies`: (N,)."""
    pick = (range(len(targets)), list(targets))
    with torch.no_grad():
        chances = [model(copy).softmax(dim=1)[pick] for copy in changed_copies(pictures).values()]
    return torch.stack(chances).mean(dim=0)
