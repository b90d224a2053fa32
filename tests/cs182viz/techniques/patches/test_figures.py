"""Do boxes and values stand where they belong, in white?"""

import matplotlib.colors
import pytest
from matplotlib.patches import Rectangle
from PIL import Image

from cs182viz.techniques.patches.figures import patch_rows
from cs182viz.techniques.patches.search import Patch


def test_boxes_and_values_are_drawn_in_white():
    shown = Image.new("RGB", (32, 32), "navy")
    row = [Patch(12.34, shown, (0, 0), (2, 4, 10, 16), "a"), Patch(345.6, shown, (1, 1), (0, 0, 32, 32), "b")]
    figure = patch_rows({7: row, 3: row[:1], 5: []}, names={3: "dots"}, title="t", caption="c")
    drawn = [ax for ax in figure.axes if ax.images]
    assert [[text.get_text() for text in ax.texts] for ax in drawn] == [["12.3"], ["346"], ["12.3"]]
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()] == ["unit 7", "dots", "unit 5"]
    (box,) = [patch for patch in drawn[0].patches if isinstance(patch, Rectangle)]
    # the pixels [2:10, 4:16], whose outer edges lie half a pixel out
    assert box.get_bbox().extents.tolist() == [3.5, 1.5, 15.5, 9.5]
    assert not box.get_fill()
    for colour in (box.get_edgecolor(), drawn[0].texts[0].get_color()):
        assert matplotlib.colors.to_hex(colour) == "#ffffff"
    with pytest.raises(ValueError, match="no patch"):
        patch_rows({1: []})
