"""Small problems to watch a small network learn: points of two classes in a square, or a curve over an interval.

All coordinates lie within -EXTENT..EXTENT, where a network's first weights of about 1 already bend something.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

EXTENT = 3.0


@dataclass(frozen=True)
class Data:
    """Inputs X (N, 2) and classes y, 0 or 1, (N,), or for regression X (N, 1) and a curve's values; all float32."""

    X: Tensor
    y: Tensor

    @property
    def classifies(self) -> bool:
        """Whether `y` holds classes; if not, it is a curve's value over the single input."""
        return self.X.shape[1] == 2


def with_point(data: Data, x: tuple[float, ...], y: float) -> Data:
    """The same data and one point more, cut to the square that is shown.

    Raises
    ------
    ValueError
        If the point has another number of coordinates than the data, or a number is not finite.
    """
    if len(x) != data.X.shape[1] or not all(map(math.isfinite, (*x, y))):
        raise ValueError(f"expected a point of {data.X.shape[1]} finite coordinates and its y, got {x} and {y}")
    point = torch.tensor([x], dtype=torch.float32).clamp(-EXTENT, EXTENT)
    return replace(data, X=torch.cat([data.X, point]), y=torch.cat([data.y, torch.tensor([y], dtype=torch.float32)]))


def load(name: str, *, num: int = 200, noise: float = 0.1, seed: int = 0) -> Data:
    """Draw `num` points of the problem `name`, one of `CLASSIFICATION` or `REGRESSION`.

    `noise` is the standard deviation that each coordinate (in regression: y) is moved by.

    Raises
    ------
    ValueError
        For an unknown name, fewer than 4 points or negative noise.
    """
    makers = CLASSIFICATION | REGRESSION
    if name not in makers:
        raise ValueError(f"there is no data set {name!r}: take one of {', '.join(makers)}")
    if num < 4 or not noise >= 0:
        raise ValueError(f"expected at least 4 points and noise of 0 or more, got {num} points and noise {noise}")
    generator = torch.Generator().manual_seed(seed)
    X, y = makers[name](num, generator)
    if name in CLASSIFICATION:
        X = X + noise * torch.randn(X.shape, generator=generator)
    else:
        y = y + noise * torch.randn(y.shape, generator=generator)
    return Data(X.float().clamp(-EXTENT, EXTENT), y.float())


def _circles(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import make_circles  # two seconds to import: when they are asked for

    X, y = make_circles(num, factor=0.45, random_state=_seed(generator))
    return 2.5 * torch.as_tensor(X), torch.as_tensor(y)


def _moons(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import make_moons

    X, y = make_moons(num, random_state=_seed(generator))
    return 1.7 * (torch.as_tensor(X) - torch.tensor([0.5, 0.25])), torch.as_tensor(y)


def _blobs(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    y = torch.arange(num) % 2
    return 0.55 * torch.randn(num, 2, generator=generator) + (2.6 * y - 1.3)[:, None], y


def _xor(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One class where the coordinates' signs agree, with a gap of 0.6 between the classes."""
    signs = torch.tensor([[1, 1], [-1, -1], [1, -1], [-1, 1]])[torch.arange(num) % 4]
    X = signs * (0.3 + 2.3 * torch.rand(num, 2, generator=generator))
    return X, (X[:, 0] * X[:, 1] > 0).long()


def _spiral(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two arms of one and a half turns about each other."""
    y = torch.arange(num) % 2
    t = torch.linspace(0.1, 1, num, dtype=torch.float64)
    angle = 3 * math.pi * t + math.pi * y
    return 2.7 * t[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1), y


def _line(num: int) -> Tensor:
    return torch.linspace(-EXTENT, EXTENT, num, dtype=torch.float64)


def _sine(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    x = _line(num)
    return x[:, None], 1.5 * torch.sin(2 * x)


def _steps(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    x = _line(num)
    return x[:, None], torch.floor(x).clamp(-2, 2)


def _chirp(num: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A wave that quickens from left to right: one network has to be smooth here and rapid there."""
    x = _line(num)
    return x[:, None], 1.5 * torch.sin(0.35 * (x + EXTENT) ** 2)


def _seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**31 - 1, (1,), generator=generator))


_Maker = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
CLASSIFICATION: dict[str, _Maker] = {
    "circles": _circles,
    "spiral": _spiral,
    "moons": _moons,
    "xor": _xor,
    "blobs": _blobs,
}
REGRESSION: dict[str, _Maker] = {"sine": _sine, "steps": _steps, "chirp": _chirp}
