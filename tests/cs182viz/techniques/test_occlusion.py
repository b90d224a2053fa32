"""Does each pixel get the mean over the squares that covered it?"""

import numpy as np
import pytest
import torch

from cs182viz.techniques.occlusion import positions, spread


@pytest.mark.parametrize(
    ("extent", "patch", "stride", "expected"),
    [(10, 4, 4, [0, 4, 6]), (10, 4, 3, [0, 3, 6]), (10, 10, 5, [0]), (7, 2, 9, [0, 5]), (5, 1, 1, [0, 1, 2, 3, 4])],
)
def test_positions_reach_the_border_and_not_beyond(extent, patch, stride, expected):
    assert positions(extent, patch, stride) == expected


@pytest.mark.parametrize(("extent", "patch", "stride"), [(4, 5, 1), (4, 0, 1), (4, 2, 0)])
def test_squares_that_do_not_fit_are_refused(extent, patch, stride):
    with pytest.raises(ValueError, match="does not fit"):
        positions(extent, patch, stride)


def test_spread_is_the_mean_over_covering_squares():
    height, width, patch, stride = 9, 11, 4, 3
    rows, columns = positions(height, patch, stride), positions(width, patch, stride)
    heat = torch.rand(len(rows), len(columns), dtype=torch.float64)
    result = spread(heat, (height, width), patch, stride)
    for y, x in np.ndindex(height, width):
        covering = [
            float(heat[i, j])
            for i, top in enumerate(rows)
            for j, left in enumerate(columns)
            if top <= y < top + patch and left <= x < left + patch
        ]
        assert float(result[y, x]) == pytest.approx(np.mean(covering))


def test_a_map_of_another_picture_is_refused():
    with pytest.raises(ValueError, match="belongs to a picture of 9x11"):
        spread(torch.zeros(2, 2), (9, 11), 4, 3)
