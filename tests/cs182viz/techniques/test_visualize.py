"""The drivers for classes and neurons, on networks whose answers are known in closed form."""

import pytest
import torch
from torch import nn

from cs182viz import imageops, layers
from cs182viz.techniques.visualize import Regularizer, starting_image, visualize_class, visualize_unit
from cs182viz.zoo import tiny_network


class Linear(nn.Module):
    """Scores <w_k, x> of pictures (N, 3, 6, 6): the gradient of a score is its w, wherever one stands."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Linear(3 * 6 * 6, 4, bias=False)
        generator = torch.Generator().manual_seed(0)
        self.logits.weight.data = torch.randn(self.logits.weight.shape, generator=generator)
        self.requires_grad_(False)

    def forward(self, x):
        return self.logits(x.flatten(1))


def linear_step(image, model, target_y, l2_reg, learning_rate):
    """One step of ascent on <w, x> - l2_reg ||x||^2, from the formula."""
    model(image)
    w = model.logits.weight[target_y].reshape(image.shape)
    image.data += learning_rate * (w - 2 * l2_reg * image.detach())


def stand_still(image, model, *_):
    model(image)


def centre_gradient(image, model, layer, channel):
    image = image.clone().requires_grad_()
    a = layers.activations(model, image, layer)[layer]
    return torch.autograd.grad(a[0, channel, a.shape[2] // 2, a.shape[3] // 2], image)[0]


def frames(step=linear_step, model=None, **options):
    options = {"sizes": (6,), "steps": 3, "jitter": 0, "clip": False} | options
    return list(visualize_class(step, model or Linear(), 2, **options))


def test_for_a_linear_network_the_picture_becomes_its_weights():
    model, l2_reg, learning_rate = Linear(), 0.25, 0.3
    seen = frames(model=model, l2_reg=l2_reg, learning_rate=learning_rate, steps=40)
    w = model.logits.weight[2].reshape(1, 3, 6, 6)
    for number, image, _ in seen:  # the sum of a geometric series
        share = 1 - (1 - 2 * learning_rate * l2_reg) ** (number + 1)
        torch.testing.assert_close(image, share * w / (2 * l2_reg))
    torch.testing.assert_close(seen[-1][1], w / (2 * l2_reg), rtol=1e-2, atol=1e-2)


def test_the_loss_is_minus_the_score_before_the_update():
    model, start = Linear(), torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    seen = frames(model=model, start=start)
    before = [start, *(image for _, image, _ in seen)]
    assert [loss for _, _, loss in seen] == pytest.approx([-float(model(x)[0, 2]) for x in before[:-1]])
    assert [number for number, _, _ in seen] == [0, 1, 2]


def test_jitter_shows_the_step_a_shifted_picture_and_shifts_it_back():
    start = torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(2))
    met = []

    def remember(image, model, *_):
        met.append(image.detach().clone())
        model(image)

    seen = frames(remember, start=start, jitter=1, steps=20)
    assert all(torch.equal(image, start) for _, image, _ in seen)
    near = [imageops.jitter(start, dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert all(any(torch.equal(shown, rolled) for rolled in near) for shown in met)
    assert sum(torch.equal(shown, start) for shown in met) < len(met)


def test_a_step_may_edit_the_picture_with_or_without_recording():
    def plain(image, model, *_):
        model(image)
        image += 1

    def recording(image, model, *_):
        model(image.requires_grad_()).sum().backward()
        image.data += 1

    options = {"model": Linear(), "start": "zeros", "jitter": 2}
    assert all(
        torch.equal(frames(step, **options)[-1][1], torch.full((1, 3, 6, 6), 3.0)) for step in (plain, recording)
    )


def test_regularizers_act_in_their_period_and_are_off_when_left_out():
    model, calls = Linear(), []

    def note(name):
        return lambda image, *gradient: (calls.append((name, *gradient)), image + 1)[1]

    options = {"model": model, "start": "zeros", "steps": 6, "learning_rate": 0.0}
    every_2, every_3 = Regularizer(note("a"), every=2), Regularizer(note("b"), every=3, uses_gradient=True)
    seen = frames(**options, regularizers=[every_2, every_3])
    assert [call[0] for call in calls] == ["a", "b", "a", "a", "b"]  # after updates 2, 3, 4, 6, 6
    assert [float(image.mean()) for _, image, _ in seen] == [0, 1, 2, 3, 3, 5]
    torch.testing.assert_close(calls[1][1], model.logits.weight[2].reshape(1, 3, 6, 6))
    assert not frames(**options)[-1][1].any()
    with pytest.raises(ValueError, match="every=0"):
        Regularizer(note("c"), every=0)


def test_the_picture_grows_from_size_to_size():
    model = tiny_network(seed=1, dtype=torch.float32)
    seen = frames(stand_still, model, sizes=(8, 12, 16), steps=2, start="noise")
    assert [image.shape[-1] for _, image, _ in seen] == [8, 8, 12, 12, 16, 16]
    torch.testing.assert_close(seen[3][1], imageops.resize(seen[1][1], 12))


def test_clipping_keeps_pixels_within_a_picture_and_can_be_turned_off():
    wild = frames(learning_rate=100.0, l2_reg=0.0)[-1][1]
    tame = frames(learning_rate=100.0, l2_reg=0.0, clip=True)[-1][1]
    assert imageops.denormalize(wild).abs().max() > 10
    colours = imageops.denormalize(tame)
    assert colours.min() > -1e-5
    assert colours.max() < 1 + 1e-5


def test_starting_pictures():
    assert torch.equal(starting_image("zeros", 5), torch.zeros(1, 3, 5, 5))
    state = torch.get_rng_state()
    noise = starting_image("noise", 64, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(noise, starting_image("noise", 64, seed=3))
    assert not torch.equal(noise, starting_image("noise", 64, seed=4))
    assert abs(float(noise.std()) - 1) < 0.03  # 12,288 normal values: 5 standard errors
    picture = torch.rand(1, 3, 9, 9)
    same = starting_image(picture, 9)
    same += 1
    assert float(picture.max()) <= 1
    assert starting_image(picture, 4).shape == (1, 3, 4, 4)
    for wrong in ("ones", torch.zeros(3, 9, 9), torch.zeros(2, 3, 9, 9)):
        with pytest.raises(ValueError, match="start from"):
            starting_image(wrong, 9)


def test_a_neuron_s_first_step_is_its_normalised_gradient():
    model = tiny_network(seed=2)
    start = torch.randn(1, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    options = {"sizes": (12,), "steps": 5, "jitter": 0, "clip": False, "step_size": 0.2}
    seen = list(visualize_unit(centre_gradient, model, "conv1", 3, start=start, **options))
    kernel = torch.zeros(1, 3, 12, 12, dtype=torch.float64)
    kernel[0, :, 5:8, 5:8] = model.net.conv1.weight[3]  # what one neuron of a first layer sees
    unit = kernel / model.net.conv1.weight[3].abs().mean()
    for number, image, _ in seen:
        torch.testing.assert_close(image, start + 0.2 * (number + 1) * unit)
    assert -seen[0][2] == pytest.approx(float(layers.activations(model, start, "conv1")["conv1"][0, 3, 6, 6]))
    gain = 0.2 * float((unit * kernel).sum())  # a convolution is linear: each step adds the same
    assert seen[0][2] - seen[1][2] == pytest.approx(gain)


def test_a_silent_neuron_is_refused_with_advice():
    model = tiny_network(seed=2)
    start = torch.zeros(1, 3, 12, 12, dtype=torch.float64)
    silent = int(model.net.conv1.bias.argmin())
    assert model.net.conv1.bias[silent] < 0
    with pytest.raises(ValueError, match=rf"channel {silent} of relu1 is silent"):
        next(visualize_unit(centre_gradient, model, "relu1", silent, start=start, sizes=(12,)))


@pytest.mark.parametrize("breaks", [False, True])
def test_the_model_is_left_as_it_came(breaks):
    model = tiny_network(seed=3, dtype=torch.float32)
    before = layers.weights_hash(model)

    def step(image, model, *_):
        model(image)
        if breaks:
            raise RuntimeError("a student's mistake")

    run = visualize_class(step, model, 1, sizes=(8,), steps=2)
    if breaks:
        with pytest.raises(RuntimeError, match="mistake"):
            list(run)
    else:
        list(run)
        list(visualize_unit(centre_gradient, model, "conv1", 0, sizes=(8,), steps=2))
    assert layers.weights_hash(model) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_the_same_seed_gives_the_same_picture_and_leaves_the_global_generator_alone():
    options = {"model": Linear(), "start": "noise", "jitter": 2, "steps": 4}
    state = torch.get_rng_state()
    first, again, other = (frames(**options, seed=seed)[-1][1] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
