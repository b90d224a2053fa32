"""Neural style transfer: one picture's content in another one's style (lecture 10, section 7)."""

from cs182viz.techniques.style.colour import luminance, match_colours, match_luminance, recolour
from cs182viz.techniques.style.transfer import COLOURS, LEARNING_RATES, Loss, Term, coarse_to_fine, style_transfer

__all__ = [
    "COLOURS",
    "LEARNING_RATES",
    "Loss",
    "Term",
    "coarse_to_fine",
    "luminance",
    "match_colours",
    "match_luminance",
    "recolour",
    "style_transfer",
]
