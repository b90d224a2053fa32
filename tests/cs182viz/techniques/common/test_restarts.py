"""Is each picture of a batch what it would be alone, whoever wrote the step?"""

from pathlib import Path

import pytest
import torch
from torch import nn

from cs182viz import layers
from cs182viz.techniques.common.restarts import AsOne, Jitter, as_one, jitter_each
from cs182viz.techniques.visualize import Regularizer, climb, visualize_class, visualize_unit
from cs182viz.zoo import tiny_network
from grading.masters.solutions import load, run, versions

VERSIONS = Path(__file__).parents[3] / "solutions" / "class_visualization_versions.py"
SAME = {"rtol": 1e-9, "atol": 1e-12}


def other_versions(name):
    """Every other right way of writing a function of the assignment, as a function."""
    found = []
    for version in versions(VERSIONS):
        if version.function == name:
            namespace = dict(vars(load("class_visualization")))
            run(version.source, namespace, f"<{version.name}>")
            found.append(pytest.param(namespace[name], id=version.name))
    return found


@pytest.fixture
def model():
    return tiny_network(seed=4)


@pytest.fixture(scope="module")
def answers():
    return load("class_visualization")


def last(frames):
    for frame in frames:
        image = frame[1]
    return image


def pixel_threshold(image):
    """Sets the darker half of a picture to 0; the threshold is a quantile, so it depends on the whole picture."""
    norm = image.norm(dim=1, keepdim=True)
    return image * (norm >= torch.quantile(norm, 0.5))


def contribution_threshold(image, gradient):
    return image * ((image * gradient).abs() >= (image * gradient).abs().median())


REGULARIZERS = [Regularizer(pixel_threshold, every=3), Regularizer(contribution_threshold, every=2, uses_gradient=True)]


@pytest.mark.parametrize("start", ["zeros", "noise"])
def test_a_batch_of_three_restarts_is_three_single_runs(model, answers, start):
    options = {"start": start, "sizes": (8, 11), "steps": 4, "jitter": 3, "learning_rate": 0.3}
    options["regularizers"] = REGULARIZERS if start == "noise" else []
    step = answers.class_visualization_update_step
    together = last(visualize_class(step, model, 2, restarts=3, seed=7, **options))
    assert together.shape == (3, 3, 11, 11)
    for n in range(3):
        alone = last(visualize_class(step, model, 2, seed=7 + n, **options))
        torch.testing.assert_close(together[n : n + 1], alone, **SAME)
    assert not torch.allclose(together[0], together[1])


def test_several_classes_grow_side_by_side_each_in_its_own_pictures(model, answers):
    step, classes = answers.class_visualization_update_step, [5, 0, 9]
    options = {"start": "noise", "sizes": (9,), "steps": 5, "jitter": 2, "learning_rate": 0.3}
    frames = list(visualize_class(step, model, classes, restarts=2, seed=3, **options))
    losses = []
    for n, target in enumerate([5, 5, 0, 0, 9, 9]):
        single = list(visualize_class(step, model, target, seed=3 + n, **options))
        torch.testing.assert_close(frames[-1][1][n : n + 1], single[-1][1], **SAME)
        losses.append([loss for _, _, loss in single])
    assert [loss for _, _, loss in frames] == pytest.approx(torch.tensor(losses).mean(dim=0).tolist())


def test_a_start_for_each_picture(model, answers):
    starts = torch.randn(3, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    step, options = answers.class_visualization_update_step, {"sizes": (8,), "steps": 3, "jitter": 0}
    together = last(visualize_class(step, model, 1, start=starts, **options))
    for n in range(3):
        torch.testing.assert_close(
            together[n : n + 1], last(visualize_class(step, model, 1, start=starts[n : n + 1], **options)), **SAME
        )
    for wrong in ({"start": starts, "restarts": 2}, {"restarts": 0}, {"target_y": []}):
        with pytest.raises(ValueError, match=r"at least one picture|one for each"):
            visualize_class(step, model, wrong.pop("target_y", 1), **wrong)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "logits"])
def test_several_neurons_grow_side_by_side(model, answers, layer):
    options = {"sizes": (8, 12), "steps": 3, "jitter": 1, "regularizers": REGULARIZERS}
    together = last(visualize_unit(answers.neuron_gradient, model, layer, [3, 6], restarts=2, seed=5, **options))
    for n, channel in enumerate([3, 3, 6, 6]):
        alone = last(visualize_unit(answers.neuron_gradient, model, layer, channel, seed=5 + n, **options))
        torch.testing.assert_close(together[n : n + 1], alone, **SAME)


@pytest.mark.parametrize("step", other_versions("class_visualization_update_step"))
def test_any_right_way_of_writing_the_update_drives_a_batch(model, step):
    options = {"start": "noise", "sizes": (8,), "steps": 3, "jitter": 2, "learning_rate": 0.3}
    together = last(visualize_class(step, model, [4, 8], seed=2, **options))
    for n, target in enumerate([4, 8]):
        alone = last(visualize_class(step, model, target, seed=2 + n, **options))
        torch.testing.assert_close(together[n : n + 1], alone, **SAME)


@pytest.mark.parametrize("gradient", other_versions("neuron_gradient"))
def test_any_right_way_of_writing_the_neuron_s_gradient_drives_a_batch(model, gradient):
    options = {"sizes": (8,), "steps": 3, "jitter": 1}
    together = last(visualize_unit(gradient, model, "conv2", [4, 8], seed=2, **options))
    for n, channel in enumerate([4, 8]):
        alone = last(visualize_unit(gradient, model, "conv2", channel, seed=2 + n, **options))
        torch.testing.assert_close(together[n : n + 1], alone, **SAME)


def test_a_step_of_one_s_own_drives_climb():
    """Any update at all: here each picture falls towards its own colour, x <- x + 0.5 (c - x)."""
    colours = torch.tensor([0.2, -0.4], dtype=torch.float64).reshape(2, 1, 1, 1)

    def update(images):
        images += 0.5 * (colours - images)
        return 7.0

    frames = list(climb(update, torch.zeros(2, 3, 4, 4, dtype=torch.float64), sizes=(4, 6), steps=2, jitter=3))
    for number, images, loss in frames:
        expected = (1 - 0.5 ** (number + 1)) * colours
        torch.testing.assert_close(images, expected.expand_as(images))
        assert loss == 7.0
    with pytest.raises(ValueError, match="give climb a function"):
        list(climb(update, torch.zeros(2, 3, 4, 4).double(), sizes=(4,), steps=2, regularizers=REGULARIZERS))


def test_the_merged_channel_is_the_sum_of_everybody_s_own(model):
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    scores = model(x)
    with as_one(model, "logits", [2, 9, 2]) as channel:
        merged = model(x)
    assert merged.shape == (1, 10)
    expected = scores[0, 2] + scores[1, 9] + scores[2, 2]
    torch.testing.assert_close(merged[0, channel], expected)
    torch.testing.assert_close(AsOne(model, [2, 9, 2])(x)[0, 0], expected)
    with as_one(model, "logits", [4]) as channel:
        assert channel == 4
        assert torch.equal(model(x), scores)


def test_unit_gradients_are_each_picture_s_own_direction(model):
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).requires_grad_()
    (together,) = torch.autograd.grad(AsOne(model, [2, 9, 5])(x)[0, 0], x)
    for n, target in enumerate([2, 9, 5]):
        (alone,) = torch.autograd.grad(model(x)[n, target], x)
        torch.testing.assert_close(together[n], alone[n] / alone[n].square().sum().sqrt())
    dark = torch.stack([torch.ones(3, 1, 1), -torch.ones(3, 1, 1)]).requires_grad_()
    with pytest.raises(ValueError, match="picture 1 is 0"):  # a ReLU lets nothing of it through
        torch.autograd.grad(AsOne(nn.Sequential(nn.ReLU(), nn.Flatten()), [0, 2])(dark)[0, 0], dark)


def test_a_step_that_runs_one_picture_of_a_batch_is_told_so(model):
    def step(image, model, target_y, *_):
        model(image[:1])

    with pytest.raises(ValueError, match="1 pictures of a batch of 2"):
        list(visualize_class(step, model, 1, restarts=2, sizes=(8,), steps=1))


def test_every_picture_jitters_by_its_own_seed():
    x = torch.arange(2 * 3 * 5 * 5.0).reshape(2, 3, 5, 5)
    three, second = Jitter(4, 3, seed=10), Jitter(4, 1, seed=11)
    drawn = [three.draw() for _ in range(50)]
    assert [shifts[1] for shifts in drawn] == [second.draw()[0] for _ in range(50)]
    assert {dx for shifts in drawn for dx, _ in shifts} == set(range(-4, 5))
    rolled = jitter_each(x, [(1, 0), (0, -2)])
    assert torch.equal(rolled[0], x[0].roll(1, dims=2))
    assert torch.equal(rolled[1], x[1].roll(-2, dims=1))
    with pytest.raises(ValueError, match="0 or more"):
        Jitter(-1, 1, seed=0)


@pytest.mark.parametrize("breaks", [False, True])
def test_the_model_is_left_as_it_came(model, answers, breaks):
    before = layers.weights_hash(model)

    def step(*arguments):
        answers.class_visualization_update_step(*arguments)
        if breaks:
            raise RuntimeError("a student's mistake")

    run_of_two = visualize_class(step, model, [1, 2], sizes=(8,), steps=2)
    if breaks:
        with pytest.raises(RuntimeError, match="mistake"):
            list(run_of_two)
    else:
        list(run_of_two)
    assert layers.weights_hash(model) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())
    assert not any(module.training for module in model.modules())
