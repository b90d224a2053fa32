"""What pictures are like: spectra, random views and a trained generator as priors for optimised ones (section 3)."""

from cs182viz.techniques.priors.learned import GeneratedPicture
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
    "GeneratedPicture",
    "Views",
    "changed_copies",
    "holds_up",
    "paint_class",
    "paint_unit",
    "picture_of",
    "spectrum_of",
    "typical_magnitude",
]
