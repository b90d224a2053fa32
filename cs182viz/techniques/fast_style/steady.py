"""Paintings of a film's frames that do not flicker where the film stands still."""

import torch.nn.functional as F
from torch import Tensor

from cs182viz import imageops
from cs182viz.techniques.fast_style.network import Stylizer

FLOOR, GAIN, NEAR = 0.25, 8.0, 5


class Steady:
    """Paints frame after frame; where a frame hardly differs from the one before, its painting hardly does either.

    Each pixel goes from what it was to what it would be by a share: FLOOR where nothing changed, all of the way where
    the colours of its surroundings (NEAR pixels wide) changed by a tenth of their range.

    Parameters
    ----------
    network : what paints.
    """

    def __init__(self, network: Stylizer) -> None:
        self._network = network
        self._before: tuple[Tensor, Tensor] | None = None

    def __call__(self, x: Tensor, mix: Tensor) -> Tensor:
        """Paint the next frame (1, 3, H, W); one of another size begins a new film."""
        painted = self._network(x, mix)
        if self._before is not None and self._before[0].shape == x.shape:
            frame, painting = self._before
            change = (imageops.denormalize(x) - imageops.denormalize(frame)).abs().mean(dim=1, keepdim=True)
            near = F.avg_pool2d(change, NEAR, 1, NEAR // 2, count_include_pad=False)
            painted = painting + (FLOOR + GAIN * near).clamp(max=1) * (painted - painting)
        self._before = (x, painted)
        return painted

    def forget(self) -> None:
        """Begin a new film."""
        self._before = None
