"""Patches that activate a unit most, what a unit can see, and crops to search among (lecture section 2)."""

from cs182viz.techniques.patches.crops import Crop, batches, crops
from cs182viz.techniques.patches.figures import draw_patch, patch_rows
from cs182viz.techniques.patches.receptive import Box, Field, receptive_field
from cs182viz.techniques.patches.search import Patch, search_patches, top_patches

__all__ = [
    "Box",
    "Crop",
    "Field",
    "Patch",
    "batches",
    "crops",
    "draw_patch",
    "patch_rows",
    "receptive_field",
    "search_patches",
    "top_patches",
]
