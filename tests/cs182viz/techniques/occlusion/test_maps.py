"""Is the map the student's, and does each pixel get the mean over the squares that covered it?"""

import numpy as np
import pytest
import torch

from cs182viz.images import load_images
from cs182viz.techniques.occlusion.incremental import Incremental
from cs182viz.techniques.occlusion.maps import occlusion_map, positions, spread
from cs182viz.zoo import load_model, tiny_network
from grading.masters.solutions import load


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


@pytest.fixture(scope="module")
def students_map():
    return load("saliency").occlusion_map


class TestOcclusionMap:
    @pytest.mark.parametrize(
        ("size", "patch", "stride", "fill"),
        [((17, 13), 5, 4, 0.7), ((18, 14), 3, 6, 0.0), ((9, 16), 9, 7, -1.2), ((12, 12), 12, 1, 2.0)],
    )
    @pytest.mark.parametrize("batch", [1, 5, 100])
    def test_equals_the_student_s_loop(self, students_map, size, patch, stride, fill, batch):
        model = tiny_network(seed=patch)
        image = torch.randn(1, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
        copy = image.clone()
        for network in (model, lambda x: model(x)):  # the second cannot be followed
            heat = occlusion_map(image, 4, network, patch=patch, stride=stride, fill=fill, batch=batch)
            assert torch.allclose(heat, students_map(image, 4, model, patch, stride, fill), rtol=0, atol=1e-12)
        assert torch.equal(image, copy)

    def test_equals_the_student_s_loop_on_squeezenet(self, students_map):
        model, picture = load_model(), load_images("hedgehog")[0]
        image = model.preprocess(picture)[:, :, :150, 10:]
        heat = occlusion_map(image, picture.label, model, patch=40, stride=37)
        expected = students_map(image, picture.label, model, 40, 37, 0.0)
        assert heat.shape == expected.shape == (4, 6)
        assert expected.max() - expected.min() > 0.1
        assert (heat - expected).abs().max() < 1e-5

    @pytest.mark.parametrize("fails", [False, True])
    def test_threads_give_the_same_map_and_leave_pytorch_its_threads(self, monkeypatch, fails):
        model, before = tiny_network(seed=3), torch.get_num_threads()
        image = torch.randn(1, 3, 14, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
        options = {"patch": 4, "stride": 2, "batch": 4}
        try:
            torch.set_num_threads(1)
            expected = occlusion_map(image, 4, model, **options)
            torch.set_num_threads(3)
            if fails:
                monkeypatch.setattr(Incremental, "__call__", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    occlusion_map(image, 4, model, **options)
            else:
                assert torch.allclose(occlusion_map(image, 4, model, **options), expected, rtol=0, atol=1e-12)
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(before)

    def test_a_colour_and_a_whole_square_may_cover_the_picture(self):
        model = tiny_network(seed=1)
        image = torch.randn(1, 3, 10, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(8))
        square = torch.rand(3, 4, 4, dtype=torch.float64)
        colour = torch.tensor([0.3, -0.2, 1.0])
        for fill, expected_fill in [(square, square), (colour, colour.double()[:, None, None])]:
            covered = image.clone()
            covered[0, :, 6:10, 3:7] = expected_fill
            heat = occlusion_map(image, 2, model, patch=4, stride=3, fill=fill)
            assert float(heat[2, 1]) == pytest.approx(float(model(covered).softmax(1)[0, 2]), abs=1e-12)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"image": torch.zeros(2, 3, 9, 9, dtype=torch.float64)}, "one picture"),
            ({"label": 10}, "no class 10: the model gives 10"),
            ({"label": -1}, "no class -1"),
            ({"patch": 10}, "does not fit"),
            ({"batch": 0}, "at least one picture in a batch"),
            ({"fill": torch.zeros(2)}, r"expected a fill of one number, \(3,\) or \(3, 4, 4\)"),
        ],
    )
    def test_bad_input(self, options, message):
        image = torch.zeros(1, 3, 9, 9, dtype=torch.float64)
        arguments = {"image": image, "label": 1, "model": tiny_network(), "patch": 4, "stride": 2} | options
        with pytest.raises(ValueError, match=message):
            occlusion_map(**arguments)
