"""Colours kept, against the definitions of Gatys et al. 2016 and the standard library's YIQ."""

import colorsys

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from cs182viz import imageops
from cs182viz.techniques.style.colour import luminance, match_colours, match_luminance, recolour


def rgb(x):
    """Pixels as (HW, 3)."""
    return imageops.denormalize(x)[0].flatten(1).T.numpy()


def yiq(x):
    return np.array([colorsys.rgb_to_yiq(*pixel) for pixel in rgb(x)])


@pytest.fixture
def style():
    return picture(1, 9, 14)


@pytest.fixture
def content():
    return picture(2, 12, 10)


def picture(seed, height, width):
    """Colours that vary together, as those of photographs do."""
    rng = np.random.default_rng(seed)
    pixels = 0.5 + 0.1 * rng.normal(size=(height * width, 3)) @ rng.uniform(-0.5, 1, size=(3, 3))
    return imageops.normalize(torch.from_numpy(pixels.T.clip(0.2, 0.8)).reshape(1, 3, height, width))


def test_matched_colours_have_the_content_s_mean_and_covariance(style, content):
    matched = match_colours(style, content)
    assert matched.shape == style.shape
    np.testing.assert_allclose(rgb(matched).mean(0), rgb(content).mean(0), atol=1e-9)
    np.testing.assert_allclose(np.cov(rgb(matched).T), np.cov(rgb(content).T), atol=1e-9)


def test_matched_colours_are_the_paper_s_symmetric_solution(style, content):
    there, wanted = rgb(style), rgb(content)
    A = sqrtm(np.cov(wanted.T)) @ np.linalg.inv(sqrtm(np.cov(there.T)))
    expected = (there - there.mean(0)) @ A.T + wanted.mean(0)
    np.testing.assert_allclose(rgb(match_colours(style, content)), expected, atol=1e-8)


@pytest.mark.parametrize("grey", ["style", "content", "constant"])
def test_pictures_without_colours_are_matched_as_far_as_they_can_be(style, content, grey):
    if grey == "content":
        content = luminance(content)
    else:
        style = luminance(style) if grey == "style" else torch.full_like(style, 0.1)
    matched = match_colours(style, content)
    assert torch.isfinite(matched).all()
    np.testing.assert_allclose(rgb(matched).mean(0), rgb(content).mean(0), atol=1e-9)
    if grey == "content":
        np.testing.assert_allclose(np.cov(rgb(matched).T), np.cov(rgb(content).T), atol=1e-9)


def test_luminance_is_y_in_all_three_channels(content):
    grey = rgb(luminance(content))
    for channel in range(3):
        np.testing.assert_allclose(grey[:, channel], yiq(content)[:, 0], atol=5e-3)  # the module rounds its factors


def test_matched_luminance_has_the_content_s_mean_and_deviation(style, content):
    matched, wanted = rgb(match_luminance(style, content)), rgb(luminance(content))[:, 0]
    np.testing.assert_allclose(matched, matched[:, :1].repeat(3, 1), atol=1e-9)
    assert matched[:, 0].mean() == pytest.approx(wanted.mean())
    assert matched[:, 0].std() == pytest.approx(wanted.std())
    assert np.corrcoef(matched[:, 0], rgb(luminance(style))[:, 0])[0, 1] == pytest.approx(1)


def test_recolouring_takes_luminance_from_one_and_colours_from_the_other(content):
    painted = picture(3, 12, 10)
    mixed = yiq(recolour(painted, content))
    np.testing.assert_allclose(mixed[:, 0], yiq(painted)[:, 0], atol=5e-3)
    np.testing.assert_allclose(mixed[:, 1:], yiq(content)[:, 1:], atol=5e-3)


def test_recoloured_pictures_stay_within_the_range_of_pictures(content):
    white = imageops.normalize(torch.ones_like(content))
    values = imageops.denormalize(recolour(white, content))
    assert values.min() > -1e-9
    assert values.max() < 1 + 1e-9


def test_luminance_lets_gradients_through(content):
    leaf = content.clone().requires_grad_()
    assert torch.autograd.gradcheck(luminance, leaf[..., :3, :3])


@pytest.mark.parametrize("wrong", [torch.zeros(3, 4, 4), torch.zeros(2, 3, 4, 4)])
@pytest.mark.parametrize("match", [match_colours, match_luminance])
def test_one_picture_at_a_time(content, wrong, match):
    with pytest.raises(ValueError, match="one picture"):
        match(content, wrong)
