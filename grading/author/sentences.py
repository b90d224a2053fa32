"""What the sentences of failed tests give away, and which of them say nothing."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w])")
_DIGITS = 3  # a number with fewer is a size, a shape or a count
_MOST = 4096
_WORDS = 4


def numbers(values: Iterable[Any]) -> frozenset[float]:
    """Return the numbers in some results; of a large array the first thousands."""
    return frozenset(number for value in values for number in _numbers(value))


def _numbers(value: Any) -> Iterator[float]:
    if hasattr(value, "detach"):  # a tensor; torch itself takes too long to import for commands that meet none
        value = value.detach().numpy() if value.device.type == "cpu" else None
    if isinstance(value, np.ndarray):
        yield from (float(number) for number in value.ravel()[:_MOST] if np.isreal(number))
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)


def telling(sentence: str) -> list[str]:
    """Return the numbers of a sentence that have digits enough to be somebody's result: no sizes and no counts."""
    return [text for text in _NUMBER.findall(sentence) if "." in text and _digits(text) >= _DIGITS]


def leaked(sentence: str, secret: frozenset[float]) -> tuple[str, ...]:
    """Return the numbers of a sentence that are among secret ones, to the digits that the sentence shows.

    Parameters
    ----------
    secret : numbers that the right answer gives and the student's does not
    """
    return tuple(text for text in telling(sentence) if _is_among(text, secret))


def _digits(text: str) -> int:
    return len(re.split("[eE]", text.lstrip("-"))[0].replace(".", "").lstrip("0"))


def _is_among(text: str, secret: frozenset[float]) -> bool:
    shown = float(text)
    places = 0.5 * 10.0 ** (math.floor(math.log10(abs(shown))) - _digits(text) + 1) if shown else 0.0
    return any(abs(shown - number) <= places * 1.01 for number in secret)


def says_nothing(sentence: str) -> bool:
    """Whether a student learns nothing from a sentence: it is empty, or has fewer words than a sentence."""
    return len(re.findall(r"[A-Za-z]{2,}", sentence)) < _WORDS


def mute_asserts(source: str) -> list[int]:
    """Return the lines of a test cell whose `assert` has no message."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert) and node.msg is None]
