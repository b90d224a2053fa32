"""Does the painting network learn a picture, and do waves bring the detail that they promise?"""

import math

import numpy as np
import pytest
import torch

from cs182viz.demos.painter import painting
from cs182viz.demos.painter.painting import Brush, paint, render
from cs182viz.images import load_image


@pytest.fixture(scope="module")
def cat():
    return torch.from_numpy(np.array(load_image("cat").resize((48, 32)))).float() / 255  # (32, 48, 3)


def error_after(steps, picture, **options):
    painter = next(painter for step, painter, _ in paint(picture, Brush(), batch=512, **options) if step == steps)
    return (render(painter, *picture.shape[:2]) - picture).square().mean().item()


def test_coordinates_are_the_pixels_centres_row_by_row():
    found = painting.coordinates(1, 4)
    torch.testing.assert_close(found, torch.tensor([[-0.75, 0], [-0.25, 0], [0.25, 0], [0.75, 0]]))
    square = painting.coordinates(3, 3)
    assert square[1].tolist() == pytest.approx([0, -2 / 3])  # the second pixel lies right of the first, in the top row


def test_features_are_cosine_and_sine_of_the_waves():
    X, waves = torch.tensor([[0.25, 0.5]]), torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    expected = [math.cos(math.pi / 2), math.cos(3 * math.pi), math.sin(math.pi / 2), math.sin(3 * math.pi)]
    torch.testing.assert_close(painting.features(X, waves), torch.tensor([expected]))
    assert painting.features(X, None) is X


def test_flat_colour_is_painted_to_a_grey_level():
    blue = torch.tensor([0.1, 0.2, 0.9]).expand(8, 8, 3)
    assert error_after(1500, blue, hidden=()) < 1 / 255**2


def test_waves_paint_what_bare_coordinates_blur(cat):
    assert error_after(200, cat, detail=2.0) < 0.4 * error_after(200, cat)


def test_it_renders_at_any_size_without_a_change_to_the_network(cat):
    _, painter, _ = next(paint(cat, Brush(), detail=1.0))
    before = painter.networks.flat.clone()
    large = render(painter, 96, 144)
    assert large.shape == (96, 144, 3)
    assert 0 <= large.min() <= large.max() <= 1
    assert torch.equal(painter.networks.flat, before)


def test_first_loss_is_the_mean_squared_error_of_the_untrained_network(cat):
    one_pixel = cat[:1, :1]
    _, _, loss = next(paint(one_pixel, Brush(learning_rate=0.0), hidden=(4,)))
    networks = painting.start((2, 4, 3), 1, activation="relu")
    guess = painting.layers(networks, torch.zeros(1, 2))[-1][0, 0]
    assert loss == pytest.approx((guess - one_pixel[0, 0]).square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("bad", [torch.zeros(3, 8, 8), torch.full((4, 4, 3), 255.0), torch.full((4, 4, 3), math.nan)])
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        next(paint(bad, Brush()))


def test_negative_detail_is_refused(cat):
    with pytest.raises(ValueError, match="detail"):
        next(paint(cat, Brush(), detail=-1))
