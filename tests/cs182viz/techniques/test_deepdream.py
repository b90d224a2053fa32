"""DeepDream's driver, against loops written out and pictures known in closed form."""

import pytest
import torch

from cs182viz import imageops, layers
from cs182viz.techniques.deepdream import deepdream
from cs182viz.zoo import tiny_network


@pytest.fixture
def model():
    return tiny_network(seed=4)


@pytest.fixture
def picture():
    return torch.randn(1, 3, 20, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(6))


def climb(image, model, layer, step_size):
    """A step on 1/2 ||a||^2, by autograd."""
    image = image.clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, image, layer)[layer].square().sum() / 2, image)
    return (image + step_size * g / g.abs().mean()).detach()


def brighten(image, model, layer, step_size):
    layers.activations(model, image, layer)
    return image + step_size


def dream(picture, model, step=climb, layer="conv2", **options):
    return list(deepdream(step, picture, model, layer, **options))


def test_one_octave_without_jitter_is_the_plain_loop(model, picture):
    seen = dream(picture, model, octaves=1, jitter=0, steps=4, step_size=0.1, clip=False)
    expected = picture
    for place, (number, image, loss) in enumerate(seen):
        a = layers.activations(model, expected, "conv2")["conv2"]
        assert loss == pytest.approx(-0.5 * float((a**2).sum()))
        expected = climb(expected, model, "conv2", 0.1)
        torch.testing.assert_close(image, expected)
        assert number == place
    assert seen[-1][2] < seen[0][2]


def test_octaves_grow_by_the_scale_up_to_the_picture_itself(model, picture):
    seen = dream(picture, model, octaves=3, scale=2.0, steps=2)
    assert [tuple(image.shape[-2:]) for _, image, _ in seen] == [(5, 7)] * 2 + [(10, 14)] * 2 + [(20, 28)] * 2
    assert [number for number, _, _ in seen] == list(range(6))


def test_what_one_octave_adds_is_carried_to_the_next(model, picture):
    seen = dream(picture, model, brighten, octaves=3, scale=1.5, steps=4, step_size=0.01, clip=False)
    torch.testing.assert_close(seen[-1][1], picture + 12 * 0.01)  # a constant stays one at any size
    torch.testing.assert_close(seen[3][1], imageops.resize(picture, (9, 12)) + 4 * 0.01)


def test_jitter_shows_shifted_pictures_and_undoes_the_shift(model, picture):
    met = []

    def look(image, model, layer, step_size):
        met.append(image.clone())
        layers.activations(model, image, layer)
        return image

    seen = dream(picture, model, look, octaves=1, jitter=3, steps=12, clip=False)
    assert all(torch.equal(image, picture) for _, image, _ in seen)
    shifts = [imageops.jitter(picture, dx, dy) for dx in range(-3, 4) for dy in range(-3, 4)]
    assert all(any(torch.equal(image, shifted) for shifted in shifts) for image in met)
    assert len({image.numpy().tobytes() for image in met}) > 3


def test_clipping_keeps_pixels_within_a_picture_and_can_be_turned_off(model, picture):
    options = {"octaves": 2, "steps": 3, "step_size": 2.0}
    colours = imageops.denormalize(dream(picture, model, **options)[-1][1])
    assert colours.min() > -1e-9
    assert colours.max() < 1 + 1e-9
    assert imageops.denormalize(dream(picture, model, clip=False, **options)[-1][1]).abs().max() > 2


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "logits"])
def test_any_layer_s_squares_grow(model, picture, layer):
    losses = [loss for _, _, loss in dream(picture, model, layer=layer, octaves=1, jitter=0, steps=5, clip=False)]
    assert losses[-1] < losses[0] < 0


def test_the_seed_decides_and_the_global_generator_is_left_alone(model, picture):
    state = torch.get_rng_state()
    first, again, other = (dream(picture, model, octaves=2, steps=2, seed=seed)[-1][1] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("breaks", [False, True])
def test_picture_and_model_are_left_as_they_came(model, picture, breaks):
    kept, weights = picture.clone(), layers.weights_hash(model)

    def step(image, model, layer, step_size):
        image += 1  # careless, but it is only a copy
        layers.activations(model, image, layer)
        if breaks:
            raise RuntimeError("a student's mistake")
        return image

    if breaks:
        with pytest.raises(RuntimeError, match="mistake"):
            dream(picture, model, step, octaves=2, steps=1, jitter=0)
    else:
        dream(picture, model, step, octaves=2, steps=1, jitter=0)
    assert torch.equal(picture, kept)
    assert layers.weights_hash(model) == weights
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(
    ("image", "options", "says"),
    [
        (torch.zeros(3, 8, 8), {}, r"\(3, 8, 8\)"),
        (torch.zeros(2, 3, 8, 8), {}, "one picture"),
        (torch.zeros(1, 3, 8, 8), {"octaves": 0}, "octave"),
        (torch.zeros(1, 3, 8, 8), {"scale": 0.5}, "scale"),
        (torch.zeros(1, 3, 8, 8), {"octaves": 9, "scale": 2.0}, "no pixels left"),
    ],
)
def test_bad_input_is_named(model, image, options, says):
    with pytest.raises(ValueError, match=says):
        dream(image.double(), model, **options)
