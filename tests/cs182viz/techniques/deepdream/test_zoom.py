"""The endless zoom, against SciPy's affine transform and the loop written out."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from cs182viz import layers
from cs182viz.techniques.deepdream.dream import climb, deepdream, half_square
from cs182viz.techniques.deepdream.zoom import enlarge, zoom
from cs182viz.zoo import tiny_network


@pytest.fixture
def picture():
    return torch.randn(1, 3, 20, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(6))


@pytest.mark.parametrize(("factor", "turn"), [(1.0, 0.0), (1.3, 0.0), (0.8, 0.0), (1.0, 10.0), (1.1, -25.0)])
def test_enlarging_is_scipy_s_affine_transform_about_the_centre(picture, factor, turn):
    angle = math.radians(turn)
    # rows count down, so counter-clockwise on the screen is this matrix from new (row, column) to old
    back = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) / factor
    centre = (np.array(picture.shape[-2:]) - 1) / 2
    expected = [
        ndimage.affine_transform(channel, back, offset=centre - back @ centre, order=1, mode="reflect")
        for channel in picture[0].numpy()
    ]
    np.testing.assert_allclose(enlarge(picture, factor, turn=turn)[0], expected, atol=1e-9)


@pytest.mark.parametrize("turn", [5.0, -90.0])
def test_a_positive_turn_is_counter_clockwise(turn):
    x = torch.zeros(1, 3, 41, 41)
    x[..., 20, 38] = 1.0  # a point to the right of the centre
    turned = enlarge(x, 1.0, turn=turn)[0, 0]
    row = int(turned.sum(1).argmax())
    assert (row < 20) == (turn > 0)  # goes up, or down


def test_frames_are_dreams_on_the_enlarged_frame_before(picture):
    model, options = tiny_network(seed=4), {"steps": 2, "octaves": 2, "jitter": 2, "step_size": 0.05}
    seen = list(zoom(climb(half_square), picture, model, "conv2", frames=3, factor=1.1, seed=5, **options))
    expected = picture
    for number, (step, frame, loss) in enumerate(seen):
        if number:
            expected = enlarge(expected, 1.1)
        *_, (_, expected, last) = deepdream(climb(half_square), expected, model, "conv2", seed=5 + number, **options)
        assert step == number
        assert loss == last
        torch.testing.assert_close(frame, expected)
    assert len(seen) == 3


def test_what_fades_leaves_the_first_picture(picture):
    def brighten(image, model, layer, step_size):
        layers.activations(model, image, layer)
        return image + step_size

    options = {"steps": 1, "octaves": 1, "step_size": 1.0, "clip": False, "frames": 60, "factor": 1.0}
    *_, (_, frame, _) = zoom(brighten, picture, tiny_network(seed=4), "conv2", fade=0.25, **options)
    torch.testing.assert_close(frame, picture + 4)  # 1 + 3/4 + (3/4)^2 + ...
    anchored = {**options, "anchor": picture - 7}
    *_, (_, frame, _) = zoom(brighten, picture, tiny_network(seed=4), "conv2", fade=0.25, **anchored)
    torch.testing.assert_close(frame, picture - 7 + 4, rtol=0, atol=1e-5)


def test_it_goes_on_for_ever_unless_told_and_leaves_everything_as_it_came(picture):
    model = tiny_network(seed=4)
    weights, kept = layers.weights_hash(model), picture.clone()
    endless = zoom(climb(half_square), picture, model, "conv2", steps=1, octaves=1)
    assert [number for number, _, _ in itertools.islice(endless, 7)] == list(range(7))
    endless.close()
    assert torch.equal(picture, kept)
    assert layers.weights_hash(model) == weights
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf, math.nan])
def test_a_factor_that_cannot_be_is_named(picture, factor):
    with pytest.raises(ValueError, match="how many times larger"):
        enlarge(picture, factor)
