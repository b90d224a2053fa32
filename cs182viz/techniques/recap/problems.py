"""What the five small networks learn: batches drawn by chance, with the answers."""

import functools
import math
import random

import torch
from torch import Tensor

from cs182viz.techniques.digits import Examples

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = ("", *ONES, *TENS, "hundred", "and")
"""The vocabulary; the empty word fills up."""
LONGEST_WORDS, LONGEST_NUMBER = 5, 4
END = 10
"""Behind the last digit of a number that was written."""
HELD_OUT_NUMBERS = tuple(sorted(random.Random(182).sample(range(1000), 200)))
"""Numbers that training never draws."""
SHAPES = ("triangle", "square", "pentagon", "star")
PEN = 25
"""Places of the pen from the start of a shape back to it."""
OFF = 0.1
"""How far a pen in training is off its place, so that it learns to come back."""
BITS = 8
"""Of the numbers that training adds."""


def in_words(number: int) -> str:
    """A number of 0 to 999 in English words, without hyphens.

    Raises
    ------
    ValueError
        It is another number.
    """
    if not 0 <= number <= 999:
        raise ValueError(f"expected a number of 0 to 999, got {number}")
    hundreds, rest = divmod(number, 100)
    said = [ONES[hundreds], "hundred"] if hundreds else []
    if hundreds and rest:
        said.append("and")
    if rest >= 20:
        said += [TENS[rest // 10 - 2]] + ([ONES[rest % 10]] if rest % 10 else [])
    elif rest or not hundreds:
        said.append(ONES[rest])
    return " ".join(said)


def numbers(values: list[int]) -> tuple[Tensor, Tensor]:
    """Their words (N, 5), filled up in front, and their digits (N, 4), END behind the last."""
    words = [[WORDS.index(word) for word in in_words(value).split()] for value in values]
    digits = [[int(digit) for digit in str(value)] for value in values]
    x = [[0] * (LONGEST_WORDS - len(row)) + row for row in words]
    return torch.tensor(x), torch.tensor([row + [END] * (LONGEST_NUMBER - len(row)) for row in digits])


def draw_numbers(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch of numbers that are not held out."""
    x, y = _numbers_learned()
    rows = torch.randint(len(x), (count,), generator=generator)
    return x[rows], y[rows]


def pens(shape: Tensor, turn: Tensor) -> tuple[Tensor, Tensor]:
    """What is asked for, (N, 6): the shape one of 4, cosine and sine of its turn; and the pen's way (N, 25, 2).

    Parameters
    ----------
    shape : (N,) of 0 to 3, see `SHAPES`.
    turn : (N,), the angle of the first corner.
    """
    asked = torch.cat([torch.eye(len(SHAPES))[shape], turn.cos()[:, None], turn.sin()[:, None]], dim=1)
    way = _ways()[shape]  # (N, PEN, 2)
    cos, sin = turn.cos()[:, None], turn.sin()[:, None]
    x, y = way.unbind(dim=2)
    return asked, torch.stack([cos * x - sin * y, sin * x + cos * y], dim=2)


def draw_pens(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch of shapes, each turned by any angle; the pen's way, and the same a little off, (N, 2, 25, 2)."""
    shape = torch.randint(len(SHAPES), (count,), generator=generator)
    asked, way = pens(shape, 2 * math.pi * torch.rand(count, generator=generator))
    return asked, torch.stack([way, way + OFF * torch.randn(way.shape, generator=generator)], dim=1)


def draw_sums(count: int, generator: torch.Generator, *, bits: int = BITS) -> tuple[Tensor, Tensor]:
    """Two numbers bit by bit, the lowest first, (N, bits, 2), and their sum's bits (N, bits); the last is a carry."""
    x = torch.randint(2, (count, bits, 2), generator=generator)
    x[:, -1] = 0
    places = 2 ** torch.arange(bits)
    total = (x * places[:, None]).sum(dim=(1, 2))
    return x.float(), (total[:, None] // places % 2).float()


def rows_of(digits: Examples, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Digits as their eight rows, (N, 8, 8), from the top, and their numbers (N,)."""
    X, y = digits.draw(count, generator)
    return X[:, 0], y


@functools.cache
def _numbers_learned() -> tuple[Tensor, Tensor]:
    return numbers(sorted(set(range(1000)) - set(HELD_OUT_NUMBERS)))


@functools.cache
def _ways() -> Tensor:
    """Each shape's outline, (4, PEN, 2), the first corner at angle 0."""
    return torch.stack([_around(3), _around(4), _around(5), _around(5, skip=2)])


def _around(corners: int, *, skip: int = 1) -> Tensor:
    """Around a polygon at even pace, or from each corner to the one after the next for a star."""
    angles = 2 * math.pi * skip * torch.arange(corners + 1) / corners
    at = torch.linspace(0, corners, PEN)
    side = at.floor().long().clamp(max=corners - 1)
    share = (at - side)[:, None]
    points = torch.stack([angles.cos(), angles.sin()], dim=1)  # (corners + 1, 2)
    return (1 - share) * points[side] + share * points[side + 1]
