"""Pictures to tensors and back, against SciPy, Pillow, torchvision and finite differences."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch.autograd import gradcheck
from torchvision.transforms import v2

from cs182viz import imageops


@pytest.fixture
def rng():
    return np.random.default_rng(182)


def doubles(rng, *shape):
    return torch.from_numpy(rng.normal(size=shape)).requires_grad_()


def smooth_picture(height, width):
    """A picture without detail finer than a resize can keep."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.stack([rows, columns, 0.5 + 0.4 * np.sin(3 * rows + 2 * columns)], axis=2)


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (224, 224)])
def test_a_picture_survives_the_round_trip_within_one_grey_level(rng, shape):
    picture = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    back = imageops.deprocess(imageops.preprocess(picture, size=None))
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - picture).max() <= 1


def test_all_256_grey_levels_survive_the_round_trip():
    picture = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    back = imageops.deprocess(imageops.preprocess(picture, size=None)[0])
    assert np.abs(back.astype(int) - picture).max() <= 1


def test_preprocess_gives_torchvision_s_numbers(rng):
    picture = Image.fromarray(rng.integers(0, 256, (8, 6, 3), dtype=np.uint8))
    theirs = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True),
                         v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])(picture)  # fmt: skip
    torch.testing.assert_close(imageops.preprocess(picture, size=None), theirs[None].as_subclass(torch.Tensor))


@pytest.mark.parametrize("shape", [(300, 400), (400, 300), (100, 130), (64, 64), (101, 333)])
def test_preprocess_resizes_like_pillow_and_keeps_the_centre(shape):
    picture = Image.fromarray((smooth_picture(*shape) * 255).astype(np.uint8))
    ours = imageops.deprocess(imageops.preprocess(picture, size=64))
    scale = 64 / min(shape)
    whole = np.asarray(picture.resize((round(shape[1] * scale), round(shape[0] * scale)), Image.Resampling.BILINEAR))
    top, left = (whole.shape[0] - 64) // 2, (whole.shape[1] - 64) // 2
    assert np.abs(ours.astype(int) - whole[top : top + 64, left : left + 64]).max() <= 1


def test_pil_uint8_and_float_pictures_are_the_same_picture(rng):
    array = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    ours = imageops.preprocess(array, size=16)
    assert ours.shape == (1, 3, 16, 16)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, imageops.preprocess(Image.fromarray(array), size=16))
    torch.testing.assert_close(ours, imageops.preprocess(array / 255, size=16))


def test_a_grey_pil_picture_becomes_three_equal_channels(rng):
    grey = rng.integers(0, 256, (12, 12), dtype=np.uint8)
    back = imageops.deprocess(imageops.preprocess(Image.fromarray(grey), size=None))
    assert np.abs(back.astype(int) - grey[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("picture", "error", "says"),
    [
        ("cat.jpg", TypeError, "load_image"),
        (torch.zeros(3, 8, 8), TypeError, "Tensor"),
        (np.zeros((8, 8), np.uint8), ValueError, r"\(H, W, 3\)"),
        (np.zeros((3, 8, 8), np.uint8), ValueError, r"\(3, 8, 8\)"),
        (np.zeros((8, 8, 4), np.uint8), ValueError, "convert"),
        (np.zeros((2, 8, 8, 3), np.uint8), ValueError, "one picture"),
        (np.zeros((0, 8, 3), np.uint8), ValueError, r"\(0, 8, 3\)"),
        (np.full((8, 8, 3), 200.0), ValueError, "divide by 255"),
        (np.full((8, 8, 3), -0.5), ValueError, r"0\.\.1"),
        (np.full((8, 8, 3), np.nan), ValueError, r"0\.\.1"),
        (np.zeros((8, 8, 3), np.int64), TypeError, "uint8"),
    ],
)
def test_preprocess_says_what_is_wrong_with_its_picture(picture, error, says):
    with pytest.raises(error, match=says):
        imageops.preprocess(picture)


def test_deprocess_cuts_off_or_stretches():
    x = imageops.normalize(torch.linspace(-1, 3, 5).reshape(1, 1, 5).expand(3, 1, 5))
    assert imageops.deprocess(x)[0, :, 0].tolist() == [0, 0, 255, 255, 255]
    assert imageops.deprocess(x, rescale=True)[0, :, 0].tolist() == [0, 64, 128, 191, 255]


def test_deprocess_names_several_pictures_and_values_that_are_not_finite():
    with pytest.raises(ValueError, match="one picture and got 2"):
        imageops.deprocess(torch.zeros(2, 3, 4, 4))
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match="diverged"):
            imageops.deprocess(torch.full((3, 4, 4), value))


def test_denormalize_is_the_inverse_of_normalize(rng):
    x = torch.from_numpy(rng.uniform(size=(2, 3, 4, 5)))
    torch.testing.assert_close(imageops.denormalize(imageops.normalize(x)), x)


@pytest.mark.parametrize("operation", [imageops.normalize, imageops.denormalize, imageops.clamp_to_image])
def test_channels_must_come_first_and_be_three_floats(operation):
    for shape in [(8, 8, 3), (1, 1, 8, 8), (8, 8), (1, 1, 3, 8, 8)]:
        with pytest.raises(ValueError, match="channels first"):
            operation(torch.zeros(shape))
    with pytest.raises(TypeError, match="uint8"):
        operation(torch.zeros(3, 8, 8, dtype=torch.uint8))
    with pytest.raises(TypeError, match="ndarray"):
        operation(np.zeros((3, 8, 8)))


def test_clamped_tensors_are_pictures_and_pictures_are_not_changed(rng):
    wild = torch.from_numpy(rng.normal(scale=5, size=(2, 3, 6, 6)))
    shown = imageops.denormalize(imageops.clamp_to_image(wild))
    torch.testing.assert_close(shown, imageops.denormalize(wild).clamp(0, 1))
    tame = imageops.normalize(torch.from_numpy(rng.uniform(0.01, 0.99, size=(3, 6, 6))))
    torch.testing.assert_close(imageops.clamp_to_image(tame), tame, rtol=0, atol=0)


def test_rescale_stretches_each_picture_by_itself():
    x = torch.stack([torch.arange(12.0).reshape(3, 2, 2), torch.full((3, 2, 2), 7.0), -2 * torch.ones(3, 2, 2)])
    x[2, 0, 0, 0] = 2
    y = imageops.rescale(x)
    torch.testing.assert_close(y[0], torch.arange(12.0).reshape(3, 2, 2) / 11)
    assert torch.count_nonzero(y[1]) == 0, "a constant picture becomes 0"
    assert y[2, 0, 0, 0] == 1
    assert y[2].sum() == 1
    torch.testing.assert_close(imageops.rescale(x[0]), y[0])


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1, 2.3, 20])
@pytest.mark.parametrize("shape", [(2, 3, 16, 11), (3, 5, 8), (1, 4)])
def test_blur_is_scipy_s_gaussian_filter(rng, shape, sigma):
    x = doubles(rng, *shape).detach()
    theirs = ndimage.gaussian_filter(x.numpy(), sigma, axes=(-2, -1))
    np.testing.assert_allclose(imageops.blur(x, sigma).numpy(), theirs, rtol=0, atol=1e-12)


def test_blur_by_nothing_changes_nothing_and_a_negative_one_is_refused(rng):
    x = doubles(rng, 3, 4, 4).detach()
    torch.testing.assert_close(imageops.blur(x, 0), x, rtol=0, atol=0)
    for sigma in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="0 or more"):
            imageops.blur(x, sigma)


def test_jitter_moves_right_and_down_and_back(rng):
    x = torch.zeros(1, 3, 5, 7)
    x[..., 1, 2] = 1
    assert torch.nonzero(imageops.jitter(x, 3, 2)[0, 0]).tolist() == [[3, 5]]
    x = doubles(rng, 2, 3, 5, 7)
    for dx, dy in [(3, 2), (-4, 1), (7, 5), (100, -33)]:
        torch.testing.assert_close(imageops.jitter(imageops.jitter(x, dx, dy), -dx, -dy), x, rtol=0, atol=0)


def test_resize_understands_a_shorter_side_and_a_height_with_width():
    x = torch.zeros(2, 3, 20, 30)
    assert imageops.resize(x, 10).shape == (2, 3, 10, 15)
    assert imageops.resize(x, np.int64(10)).shape == (2, 3, 10, 15)
    assert imageops.resize(x.mT, 40).shape == (2, 3, 60, 40)
    assert imageops.resize(x[0], (7, 9)).shape == (3, 7, 9)
    for size in (0, (0, 4), (1, 2, 3)):
        with pytest.raises(ValueError, match="at least one pixel"):
            imageops.resize(x, size)


def test_resize_keeps_a_linear_ramp_and_does_not_alias():
    ramp = torch.linspace(0, 1, 65, dtype=torch.float64).expand(1, 1, 9, 65)
    larger = imageops.resize(ramp, (9, 130))[0, 0, 0, 2:-2]
    torch.testing.assert_close(larger.diff(), torch.full_like(larger[1:], 1 / 128))
    stripes = torch.tensor([0.0, 1.0]).repeat(32).expand(1, 1, 64, 64)
    assert (imageops.resize(stripes, 16)[..., 2:-2] - 0.5).abs().max() < 0.05


@pytest.mark.parametrize(
    "operation",
    [
        imageops.normalize,
        imageops.denormalize,
        imageops.clamp_to_image,
        imageops.rescale,
        lambda x: imageops.blur(x, 0.8),
        lambda x: imageops.jitter(x, 2, -1),
        lambda x: imageops.resize(x, (3, 8)),
    ],
)
def test_gradients_agree_with_finite_differences_and_the_argument_stays(rng, operation):
    x = doubles(rng, 2, 3, 5, 6)
    before = x.detach().clone()
    assert gradcheck(operation, (x,))
    assert torch.equal(x, before)
