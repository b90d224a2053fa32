"""How often a captioner is right, on scenes that it never saw."""

from torch import nn

from cs182viz.techniques.captioner.network import Captioner, codes_of
from cs182viz.techniques.captioner.scenes import Scene, render, scene

HELD_OUT = 1820
"""Seed of the scenes that no training draws."""


def held_out(count: int, *, unseen: bool = False) -> list[Scene]:
    """Scenes to be asked about; with `unseen` their first thing is of a colour and shape never seen together."""
    return [scene(number, seed=HELD_OUT, unseen=unseen) for number in range(count)]


def right(network: Captioner, model: nn.Module, scenes: list[Scene], *, batch: int = 32) -> list[bool]:
    """Whether each sentence is right in all its parts: every colour, every shape, and how they lie to each other."""
    answers = []
    for start in range(0, len(scenes), batch):
        some = scenes[start : start + batch]
        captions = network.caption(codes_of(model, [render(one) for one in some]))
        answers += [said.sentence in one.true_sentences() for said, one in zip(captions, some, strict=True)]
    return answers
