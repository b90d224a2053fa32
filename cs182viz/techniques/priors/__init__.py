"""What pictures are like, without training: spectra and random views as priors for optimised pictures (section 3)."""

from cs182viz.techniques.priors.measure import changed_copies, holds_up
from cs182viz.techniques.priors.paint import PRIORS, paint_class, paint_unit
from cs182viz.techniques.priors.spectrum import (
    FixedMagnitude,
    FourierPicture,
    picture_of,
    spectrum_of,
    typical_magnitude,
)
from cs182viz.techniques.priors.views import Views

__all__ = [
    "PRIORS",
    "FixedMagnitude",
    "FourierPicture",
    "Views",
    "changed_copies",
    "holds_up",
    "paint_class",
    "paint_unit",
    "picture_of",
    "spectrum_of",
    "typical_magnitude",
]
