"""DeepDream's driver, against loops written out and pictures known in closed form."""

import numpy as np
import pytest
import torch

from cs182viz import gradcheck, imageops, layers
from cs182viz.techniques.deepdream.dream import climb, deepdream, guided, half_square, natural
from cs182viz.zoo import tiny_network


@pytest.fixture
def model():
    return tiny_network(seed=4)


@pytest.fixture
def picture():
    return torch.randn(1, 3, 20, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(6))


def plain_step(image, model, layer, step_size):
    """A step on 1/2 ||a||^2, by autograd."""
    image = image.clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, image, layer)[layer].square().sum() / 2, image)
    return (image + step_size * g / g.abs().mean()).detach()


def brighten(image, model, layer, step_size):
    layers.activations(model, image, layer)
    return image + step_size


def dream(picture, model, step=plain_step, layer="conv2", **options):
    return list(deepdream(step, picture, model, layer, **options))


def test_one_octave_without_jitter_is_the_plain_loop(model, picture):
    seen = dream(picture, model, octaves=1, jitter=0, steps=4, step_size=0.1, clip=False)
    expected = picture
    for place, (number, image, loss) in enumerate(seen):
        a = layers.activations(model, expected, "conv2")["conv2"]
        assert loss == pytest.approx(-0.5 * float((a**2).sum()))
        expected = plain_step(expected, model, "conv2", 0.1)
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
        (torch.zeros(1, 3, 8, 8), {"steps": 0}, "steps"),
        (torch.zeros(1, 3, 8, 8), {"scale": 0.5}, "scale"),
        (torch.zeros(1, 3, 8, 8), {"octaves": 9, "scale": 2.0}, "no pixels left"),
    ],
)
def test_bad_input_is_named(model, image, options, says):
    with pytest.raises(ValueError, match=says):
        dream(image.double(), model, **options)


def test_a_step_up_an_objective_follows_its_numerical_gradient(model, picture):
    def objective(a):
        return (a[:, 3] - a[:, 5].sin()).sum()

    image = picture[..., :8, :9]
    slopes = gradcheck.numerical_gradient(
        lambda x: objective(layers.activations(model, x, "conv2")["conv2"]), image, h=1e-6
    )
    moved = climb(objective)(image, model, "conv2", 0.2)
    torch.testing.assert_close(moved - image, 0.2 * slopes / slopes.abs().mean(), rtol=1e-4, atol=1e-6)


def test_the_objective_that_is_given_is_reported_and_grows(model, picture):
    def objective(a):
        return a[:, 2].sum()

    options = {"objective": objective, "octaves": 1, "jitter": 0, "steps": 5, "clip": False}
    losses = [loss for _, _, loss in dream(picture, model, climb(objective), **options)]
    assert losses[0] == pytest.approx(-float(layers.activations(model, picture, "conv2")["conv2"][:, 2].sum()))
    assert losses[-1] < losses[0]


def test_a_flat_objective_moves_nothing(model, picture):
    moved = climb(lambda a: 0 * a.sum())(picture, model, "conv2", 1.0)
    assert torch.equal(moved, picture)


@pytest.mark.parametrize("objective", [lambda a: a, lambda a: 3.0, lambda a: a.detach().sum()])
def test_what_is_no_objective_is_named(model, picture, objective):
    with pytest.raises(ValueError, match="one number that depends"):
        climb(objective)(picture, model, "conv2", 1.0)


@pytest.mark.parametrize("block", [1, 1 << 22])
def test_guided_sums_the_best_dot_products_and_its_gradient_is_the_best_match(monkeypatch, block):
    monkeypatch.setattr(
        "cs182viz.techniques.deepdream.dream._PRODUCTS", block
    )  # one position at a time, or all at once
    rng = np.random.default_rng(3)
    a, g = rng.normal(size=(1, 5, 4, 6)), rng.normal(size=(1, 5, 3, 2))
    leaf = torch.from_numpy(a).requires_grad_()
    value = guided(torch.from_numpy(g))(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    expected = 0.0
    for row, column in np.ndindex(4, 6):  # as in the notebook of 2015: x.T @ y, then the argmax over y's positions
        vectors = g[0].reshape(5, 6).T  # (positions of the guide, channels)
        best = vectors[np.argmax(vectors @ a[0, :, row, column])]
        expected += best @ a[0, :, row, column]
        np.testing.assert_array_equal(gradient[0, :, row, column], best)
    assert float(value.detach()) == pytest.approx(expected)


def test_a_guided_dream_comes_closer_to_its_guide(model, picture):
    other = torch.randn(1, 3, 12, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    objective = guided(layers.activations(model, other, "relu2")["relu2"])
    options = {"objective": objective, "layer": "relu2", "octaves": 1, "jitter": 0, "steps": 8, "clip": False}
    losses = [loss for _, _, loss in dream(picture, model, climb(objective), **options)]
    assert losses[-1] < losses[0] < 0


@pytest.mark.parametrize("guide", [torch.zeros(5, 3, 2), torch.zeros(2, 5, 3, 2)])
def test_a_guide_is_one_activation(guide):
    with pytest.raises(ValueError, match="one picture's activation"):
        guided(guide)


def test_a_guide_of_another_layer_is_named(model, picture):
    with pytest.raises(ValueError, match="5 channels"):
        climb(guided(torch.zeros(1, 5, 3, 2)))(picture, model, "conv2", 1.0)


def test_natural_strokes_have_the_photograph_s_colours_and_the_step_s_length(model, picture):
    grey = picture[:, :1] * torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64).reshape(
        1, 3, 1, 1
    )  # one line of colours
    softer = natural(climb(half_square), grey, sigmas=(0.0, 1.0, 2.0))
    change = softer(picture, model, "conv2", 0.3) - picture
    plain = climb(half_square)(picture, model, "conv2", 0.3) - picture
    assert float(change.abs().mean()) == pytest.approx(float(plain.abs().mean()))
    torch.testing.assert_close(change[:, 1], 2 * change[:, 0])
    torch.testing.assert_close(change[:, 2], -change[:, 0])


def test_natural_strokes_are_smoother_and_leave_the_picture_alone(model, picture):
    def roughness(x):
        return float(x.diff(dim=-1).abs().mean() / x.abs().mean())

    kept = picture.clone()
    sharp, soft = (
        natural(climb(half_square), picture, sigmas=sigmas)(picture, model, "conv2", 0.3) - picture
        for sigmas in ((0.0,), (0.0, 1.0, 2.0))
    )
    assert roughness(soft) < 0.9 * roughness(sharp)
    assert torch.equal(picture, kept)
    flat = torch.ones_like(picture)  # says nothing of colours, so they stay as the step has them
    plain = climb(half_square)(picture, model, "conv2", 0.3)
    torch.testing.assert_close(natural(climb(half_square), flat, sigmas=(0.0,))(picture, model, "conv2", 0.3), plain)


def test_the_layout_that_convolutions_like_is_kept(picture):
    model = tiny_network(seed=4, dtype=torch.float32)
    like = picture.float().contiguous(memory_format=torch.channels_last)
    plain, fast = (
        list(deepdream(climb(half_square), x, model, "conv2", octaves=2, steps=2)) for x in (picture.float(), like)
    )
    for (_, expected, _), (_, image, _) in zip(plain, fast, strict=True):
        assert image.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(image, expected)
