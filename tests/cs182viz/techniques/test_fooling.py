"""Does every picture of a batch go its own way to its target, and stop there?"""

import itertools
from pathlib import Path

import pytest
import torch

from cs182viz import layers
from cs182viz.images import load_images
from cs182viz.techniques.fooling import fool, fooled
from cs182viz.techniques.inversion import noise
from cs182viz.zoo import load_model, tiny_network
from grading.masters.solutions import load, run, versions

VERSIONS = Path(__file__).parents[2] / "solutions" / "fooling_versions.py"
TARGETS = [5, 3, 8]


def steps():
    """The master's step and every other right way of writing it."""
    found = [pytest.param(load("fooling").fooling_step, id="master")]
    for version in versions(VERSIONS):
        if version.function == "fooling_step":
            namespace = dict(vars(load("fooling")))
            run(version.source, namespace, f"<{version.name}>")
            found.append(pytest.param(namespace["fooling_step"], id=version.name))
    return found


def formula(X, target_y, model, learning_rate):
    """X + learning_rate g / ||g||_2, the assignment's definition."""
    X = X.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(X)[0, target_y], X)
    return X + learning_rate * g / g.square().sum().sqrt()


@pytest.fixture
def model():
    return tiny_network(seed=4)


@pytest.fixture
def X():
    return 0.5 * torch.randn(3, 3, 10, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(8))


def loop_of_one(X, target, model, *, confidence=0.0, max_iter=40):
    """The assignment's loop: look, stop when it is done, step."""
    for number in range(max_iter):
        scores = model(X)[0]
        if scores.argmax() == target and scores.softmax(dim=0)[target] >= confidence:
            return X.detach(), number
        X = formula(X, target, model, 0.25)
    raise AssertionError(f"class {target} is not reached in {max_iter} steps: choose another target for this test")


@pytest.mark.parametrize("step", steps())
@pytest.mark.parametrize("confidence", [0.0, 0.5])
def test_a_batch_of_three_is_three_single_runs(model, X, step, confidence):
    options = {"learning_rate": 0.25, "confidence": confidence, "max_iter": 40}
    frames = list(fool(step, X, TARGETS, model, **options))
    counts = []
    for n, target in enumerate(TARGETS):
        expected, count = loop_of_one(X[n : n + 1], target, model, confidence=confidence)
        torch.testing.assert_close(frames[-1][1][n : n + 1], expected, rtol=1e-9, atol=1e-10)
        counts.append(count)
    assert len(set(counts)) == 3  # each stops in its own time
    assert frames[-1][0] == max(counts)
    assert fooled(model, frames[-1][1], TARGETS).all()


def test_one_picture_goes_towards_many_classes(model, X):
    *_, (_, found, _) = fool(formula, X[:1], range(10), model, learning_rate=0.25)
    assert found.shape == (10, 3, 10, 12)
    assert model(found).argmax(dim=1).tolist() == list(range(10))
    honest = int(model(X[:1]).argmax())
    assert torch.equal(found[honest], X[0])  # it is there already


def test_the_loss_is_the_margin_that_is_left(model, X):
    for _, images, loss in fool(formula, X, TARGETS, model, learning_rate=0.25, max_iter=3):
        scores = model(images)
        margins = [
            max(float(s) for k, s in enumerate(row) if k != target) - float(row[target])
            for row, target in zip(scores, TARGETS, strict=True)
        ]
        assert loss == pytest.approx(sum(margins) / 3)


def test_steps_have_the_length_that_was_asked_for(model, X):
    worst = model(X).argmin(dim=1)
    images = [frame[1] for frame in fool(formula, X, worst, model, learning_rate=0.01, max_iter=4)]
    assert len(images) == 5  # the start and four steps, too few to win
    for before, after in itertools.pairwise(images):
        torch.testing.assert_close((after - before).flatten(1).norm(dim=1), torch.full((3,), 0.01).double())


def test_pictures_and_model_are_left_alone(model, X):
    kept, before = X.clone(), layers.weights_hash(model)
    list(fool(formula, X, TARGETS, model, max_iter=3))

    def broken(*_):
        raise RuntimeError("a student's mistake")

    with pytest.raises(RuntimeError, match="mistake"):
        list(fool(broken, X, TARGETS, model))
    assert torch.equal(X, kept)
    assert layers.weights_hash(model) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks or module.training for module in model.modules())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_noise_becomes_anything_on_a_real_network():
    model = load_model("squeezenet")
    targets = [model.class_index(name) for name in ("flamingo", "Indian cobra", "black swan")]
    start = noise(1, 96, 96)
    *_, (number, found, _) = fool(formula, start, targets, model, learning_rate=0.5, confidence=0.5)
    assert (model(found).softmax(dim=1)[range(3), targets] >= 0.5).all()
    assert (found - start).flatten(1).norm(dim=1).max() <= 0.5 * number + 1e-3


def test_a_real_photograph_needs_a_small_change():
    model = load_model("squeezenet")
    photo = model.preprocess(load_images(["macaw"]))[:, :, 48:144, 48:144]
    goals = model(photo)[0].argsort(descending=True)[1:4].tolist()
    *_, (_, found, _) = fool(formula, photo, goals, model, learning_rate=0.5)
    assert model(found).argmax(dim=1).tolist() == goals
    assert (found - photo).flatten(1).norm(dim=1).max() < 0.1 * photo.norm()


def test_what_does_not_fit_is_refused(model, X):
    with pytest.raises(ValueError, match="a target for each picture"):
        next(fool(formula, X, [1, 2], model))
    with pytest.raises(ValueError, match=r"\(N, 3, H, W\)"):
        next(fool(formula, X[0], 1, model))
