"""SqueezeNet 1.1 (Iandola et al. 2016, arXiv:1602.07360): the network of the course, in 1.2 million weights.

Its modules bear the names of torchvision's, so the weights of either fit the other, and both give the same bits.
torchvision itself takes longer to import than PyTorch does, which every notebook would wait for.
"""

import torch
from torch import Tensor, nn


class Fire(nn.Module):
    """A squeeze to few channels, then 1x1 and 3x3 convolutions side by side (section 3.2): (N, C, H, W), H and W kept.

    Parameters
    ----------
    inputs, squeezed, expanded : channels that come in, after the squeeze, and of each half of what goes out.
    """

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Activations (N, 2 * expanded, H, W)."""
        x = self.squeeze_activation(self.squeeze(x))
        small = self.expand1x1_activation(self.expand1x1(x))
        large = self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([small, large], dim=1)


class SqueezeNet(nn.Module):
    """Pictures (N, 3, H, W), from 17 x 17 pixels up, to raw scores (N, classes)."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=3, stride=2),
            nn.ReLU(inplace=True),
            _pool(),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            _pool(),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            _pool(),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Conv2d(512, classes, kernel_size=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Raw scores (N, classes), each the average of its map."""
        return self.classifier(self.features(x)).flatten(1)


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
