"""Text coloured by a cell, as Karpathy, Johnson and Fei-Fei 2015 (arXiv:1506.02078) show it: HTML with inline style."""

import itertools
from collections.abc import Sequence
from html import escape

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

from cs182viz.techniques.cells.network import Reading
from cs182viz.techniques.cells.text import ALPHABET

LEVELS = 20
"""Shades on each side of zero."""
_PALE = 0.6  # the darkest shades of the palette would hide the letters
_PRE = (
    "font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; "
    "color: #111; background: #fff; border: 1px solid #ccd3da; border-radius: 6px; padding: 10px; margin: 4px 0;"
)
_SHOWN = {"\n": "\u21b5", "\t": "\u21e5", " ": "\u2423"}


def shade(value: float) -> str:
    """Colour of a cell's value in -1..1, "#rrggbb": blue below zero, white at it, red above."""
    level = round(float(np.clip(value, -1, 1)) * LEVELS) / LEVELS
    return to_hex(mpl.colormaps["RdBu_r"](0.5 + _PALE * level / 2))


def colour_text(text: str, values: Sequence[float] | np.ndarray) -> str:
    """HTML of a text with the value of a cell, -1..1, behind each character. Nothing in the text is taken as HTML.

    Raises
    ------
    ValueError
        There is not one value for each character.
    """
    if len(text) != len(values):
        raise ValueError(f"one value for each of {len(text)} characters is needed, got {len(values)}")
    pieces = []
    for colour, run in itertools.groupby(zip(text, map(shade, values), strict=True), key=lambda pair: pair[1]):
        letters = escape("".join(letter for letter, _ in run))
        pieces.append(f'<span style="background:{colour}">{letters}</span>')
    return f'<pre style="{_PRE}">{"".join(pieces)}</pre>'


def guesses(reading: Reading, place: int, count: int = 5) -> list[tuple[str, float]]:
    """What the network expects after character number `place`: characters (invisible ones as signs), probabilities."""
    best = reading.log_probabilities[place].exp().topk(count)
    return [(_name(n), p) for n, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)]


def predictions_table(reading: Reading, start: int, count: int = 40, *, rows: int = 4) -> str:
    """HTML of a piece of text, and under each character the guesses that the network had made for its place.

    The bluer, the surer. The first row is the text itself.

    Raises
    ------
    ValueError
        The piece does not lie in the text behind its first character.
    """
    if not 1 <= start < start + count <= len(reading.text):
        raise ValueError(f"a piece of characters 1 to {len(reading.text)} is needed, got {start} to {start + count}")
    cell = "padding:2px 0;min-width:1.15em;text-align:center;color:#111;background:{}"
    columns = [guesses(reading, place - 1, rows) for place in range(start, start + count)]
    piece = [escape(_SHOWN.get(character, character)) for character in reading.text[start : start + count]]
    head = "".join(f'<th style="{cell.format("#fff")}">{letter}</th>' for letter in piece)
    body = ""
    for row in range(rows):
        drawn = (f'<td style="{cell.format(shade(-one[row][1]))}">{escape(one[row][0])}</td>' for one in columns)
        body += f"<tr>{''.join(drawn)}</tr>"
    style = "border-collapse:collapse;font:13px ui-monospace,Menlo,Consolas,monospace"
    return f'<div style="overflow-x:auto"><table style="{style}"><tr>{head}</tr>{body}</table></div>'


def _name(number: int) -> str:
    character = ALPHABET[number] if number < len(ALPHABET) else "?"
    return _SHOWN.get(character, character)
