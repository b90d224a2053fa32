"""A convolutional network of three layers, small enough that all of its weights can be seen at once."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvNet(nn.Module):
    """Pictures (N, channels, side, side) in 0..1 to scores (N, classes).

    A convolution, a ReLU, a maximum over 2 x 2 places; a convolution of 3 x 3, a ReLU; and one layer that reads all.

    Parameters
    ----------
    side, channels, classes : of the pictures.
    widths : units of the two convolutions.
    kernel : side of the first one's filters.
    """

    def __init__(
        self,
        side: int = 8,
        channels: int = 1,
        classes: int = 10,
        *,
        widths: tuple[int, int] = (12, 16),
        kernel: int = 5,
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, widths[0], kernel, padding=kernel // 2)
        self.second = nn.Conv2d(widths[0], widths[1], 3, padding=1)
        self.third = nn.Linear(widths[1] * (side // 2) ** 2, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)["scores"]

    def layers(self, x: Tensor) -> Mapping[str, Tensor]:
        """What each layer says of pictures: first (N, 12, 8, 8), second (N, 16, 4, 4), scores (N, 10) for digits."""
        first = self.first(x).relu()
        second = self.second(functional.max_pool2d(first, 2)).relu()
        return {"first": first, "second": second, "scores": self.third(second.flatten(1))}

    @torch.no_grad()
    def weights(self) -> list[Tensor]:
        """The three layers' weights as (units, channels read, height, width)."""
        third = self.third.weight.view(len(self.third.weight), self.second.out_channels, -1)
        side = round(third.shape[2] ** 0.5)
        return [self.first.weight, self.second.weight, third.view(*third.shape[:2], side, side)]
