"""Drawn scenes and the sentences that are true of them: one thing, or two and how they lie to each other.

A program makes both, so nobody has to label anything and nothing is licensed. Scene number n of a seed is always the
same one. The pairs of colour and shape in `UNSEEN` are left out unless asked for: a captioner that learned from the
others can be asked about them.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 128
"""Of a scene, in pixels."""
COLOURS = {
    "red": (205, 40, 40),
    "yellow": (235, 205, 50),
    "green": (50, 150, 70),
    "blue": (45, 85, 200),
    "purple": (140, 60, 160),
    "white": (245, 245, 245),
    "black": (25, 25, 25),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
RELATIONS = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
"""Each with its opposite: what the second thing is to the first."""
UNSEEN = (("red", "triangle"), ("blue", "star"), ("yellow", "ring"))
_SHARP = 3
"""Drawn so many times larger, then made smaller: edges without steps."""


@dataclass(frozen=True)
class Thing:
    """One thing: colour and shape by name, its centre and half its width in pixels, turned by an angle in radians."""

    colour: str
    shape: str
    x: float
    y: float
    radius: float
    angle: float = 0.0

    @property
    def words(self) -> str:
        """Such as "a red circle"."""
        return f"a {self.colour} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """One or two things before a background of some grey (0..255)."""

    things: tuple[Thing, ...]
    background: int = 128

    @property
    def sentence(self) -> str:
        """What is true of it, beginning with the first thing."""
        if len(self.things) == 1:
            return self.things[0].words
        first, second = self.things
        return f"{first.words} {relation(first, second)} {second.words}"

    def true_sentences(self) -> frozenset[str]:
        """Every sentence that says all of it: a thing left of another one is one with the other right of it."""
        return frozenset({self.sentence, Scene(self.things[::-1], self.background).sentence})


def relation(first: Thing, second: Thing) -> str:
    """What the first thing is to the second: decided by the longer of the ways across and down."""
    across, down = second.x - first.x, second.y - first.y
    if abs(across) > abs(down):
        return "left of" if across > 0 else "right of"
    return "above" if down > 0 else "below"


def scene(number: int, *, seed: int = 182, unseen: bool = False) -> Scene:
    """Scene `number` of a seed; with `unseen` its first thing is one of the pairs that other scenes never show."""
    draw = random.Random(f"{seed}/{number}/{unseen}")
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES if (colour, shape) not in UNSEEN]
    chosen = draw.sample(pairs, 1 if draw.random() < 0.25 else 2)
    if unseen:
        chosen[0] = draw.choice(UNSEEN)
    while True:
        things = tuple(_placed(colour, shape, draw) for colour, shape in chosen)
        if len(things) == 1 or _apart(*things):
            return Scene(things, draw.choice([grey for grey in range(80, 181) if abs(grey - 128) > 5]))


def render(scene: Scene, *, noise: float = 3.0) -> Image.Image:
    """The scene as a picture of SIDE x SIDE pixels in RGB, slightly soft and noisy; the same one every time."""
    large = SIDE * _SHARP
    image = Image.new("RGB", (large, large), (scene.background,) * 3)
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        _draw(pen, thing, (scene.background,) * 3)
    image = image.resize((SIDE, SIDE), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.4))
    grain = np.random.default_rng(_grain_of(scene)).normal(0, noise, (SIDE, SIDE, 1))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).round().astype(np.uint8))


def _grain_of(scene: Scene) -> int:
    """The seed of a scene's noise: it depends on nothing but where its things are."""
    return sum(int(1e4 * (thing.x + 131 * thing.y)) for thing in scene.things)


def _placed(colour: str, shape: str, draw: random.Random) -> Thing:
    radius = draw.uniform(13, 24)
    x, y = (draw.uniform(radius + 3, SIDE - radius - 3) for _ in range(2))
    angle = 0.0 if shape in ("circle", "ring") else draw.uniform(-0.25, 0.25)
    return Thing(colour, shape, x, y, radius, angle)


def _apart(first: Thing, second: Thing) -> bool:
    """Whether they neither touch nor lie so nearly across a corner that two relations could be meant."""
    across, down = abs(first.x - second.x), abs(first.y - second.y)
    if math.hypot(across, down) < 1.35 * (first.radius + second.radius):
        return False
    return max(across, down) > 1.6 * min(across, down)


def _draw(pen: ImageDraw.ImageDraw, thing: Thing, behind: tuple[int, ...]) -> None:
    x, y, r = (_SHARP * value for value in (thing.x, thing.y, thing.radius))
    colour = COLOURS[thing.colour]
    if thing.shape in ("circle", "ring"):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        if thing.shape == "ring":
            hole = 0.58 * r
            pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill=behind)
        return
    points = [_turned(px, py, thing.angle) for px, py in _OUTLINES[thing.shape]]
    pen.polygon([(x + r * px, y + r * py) for px, py in points], fill=colour)


def _turned(x: float, y: float, angle: float) -> tuple[float, float]:
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * x - sin * y, sin * x + cos * y


def _around(radii: Sequence[float]) -> list[tuple[float, float]]:
    """Corners at these distances from the centre, the first one straight up."""
    step = 2 * math.pi / len(radii)
    return [(r * math.sin(i * step), -r * math.cos(i * step)) for i, r in enumerate(radii)]


_ARM = 0.34
_OUTLINES = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0, -1), (0.95, 0.8), (-0.95, 0.8)],
    "star": _around([1, 0.42] * 5),
    "cross": [
        *[(-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM)],
        *[(_ARM, 1), (-_ARM, 1), (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM)],
    ],
}
