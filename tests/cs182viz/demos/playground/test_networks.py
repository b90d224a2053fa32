"""Do the small networks compute, derive and learn as closed forms and plain PyTorch say?"""

import math

import pytest
import torch

from cs182viz.demos.playground import networks as small_networks
from cs182viz.demos.playground import problems as toy_data
from cs182viz.demos.playground.networks import OPTIMIZERS, Options, train
from cs182viz.demos.playground.problems import Data
from cs182viz.gradcheck import check_gradient

NAMES = tuple(OPTIMIZERS)


def after(steps, trainer):
    """What the trainer yields at its `steps`-th step."""
    return next(result for result in trainer if result[0] == steps)


def as_module(networks, k):
    """Network k as a `torch.nn.Sequential` with copies of its weights."""
    modules = []
    for weight, bias in zip(networks.weights, networks.biases, strict=True):
        linear = torch.nn.Linear(*weight.shape[1:])
        linear.weight.data, linear.bias.data = weight[k].detach().T.clone(), bias[k, 0].detach().clone()
        modules += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*modules[:-1])


def module_loss(module, data):
    measure = torch.nn.BCEWithLogitsLoss() if data.classifies else torch.nn.MSELoss()
    return measure(module(data.X)[:, 0], data.y)


def test_every_optimiser_moves_its_network_as_pytorch_moves_a_plain_one():
    data = toy_data.load("moons", num=40)
    rates = {"SGD": 0.1, "Adagrad": 0.1, "Adadelta": 1.0, "Adam": 0.1}
    modules = [as_module(small_networks.start((2, 5, 4, 1), 1, seed=3), 0) for _ in NAMES]
    for name, module in zip(NAMES, modules, strict=True):
        optimizer = getattr(torch.optim, name)(module.parameters(), lr=rates[name])
        for _ in range(25):
            optimizer.zero_grad()
            squares = sum(layer.weight.square().sum() for layer in module if hasattr(layer, "weight"))
            (module_loss(module, data) + 0.01 * squares).backward()
            optimizer.step()
    options = Options(data, learning_rate=0.1, strength=0.01)
    _, networks, _ = after(25, train(options, hidden=(5, 4), batch=40, seed=3))
    for k, module in enumerate(modules):
        torch.testing.assert_close(networks.weights[1][k].T, module[2].weight, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(networks.biases[2][k, 0], module[4].bias, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["spiral", "sine"])
def test_loss_is_the_mean_over_the_points_and_its_gradient_that_of_differences(name):
    data = toy_data.load(name, num=12)
    double = Data(data.X.double(), data.y.double())
    networks = small_networks.start((data.X.shape[1], 3, 1), 2, seed=1)
    weights = [weight.detach().double() for weight in networks.weights]
    biases = [bias.detach().double() for bias in networks.biases]

    def loss(first):
        changed = small_networks.Networks(networks.flat, [first, weights[1]], biases, "tanh")
        return small_networks.losses(changed, double).sum()

    first = weights[0].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(first), first)
    check_gradient(lambda x: loss(x).item(), gradient, weights[0])
    expected = module_loss(as_module(networks, 1), data)
    torch.testing.assert_close(small_networks.losses(networks, data)[1], expected)


def test_one_step_of_sgd_on_a_linear_network_is_the_closed_form():
    data = toy_data.load("steps", num=30)
    options = Options(data, learning_rate=0.05)
    start = small_networks.start((1, 1), 1, activation="linear", seed=0)
    w, b = start.weights[0].item(), start.biases[0].item()
    _, networks, _ = after(1, train(options, hidden=(), activation="linear", optimizers=["SGD"], batch=30))
    rest = w * data.X[:, 0] + b - data.y
    assert networks.weights[0].item() == pytest.approx(w - 0.05 * 2 * (rest * data.X[:, 0]).mean().item(), rel=1e-5)
    assert networks.biases[0].item() == pytest.approx(b - 0.05 * 2 * rest.mean().item(), rel=1e-5)


@pytest.mark.parametrize("name", ["Adagrad", "Adam"])
def test_first_step_of_adaptive_rates_is_the_rate_whatever_the_gradient(name):
    """g / sqrt(g^2) is the sign, in Adam also after both corrections of bias."""
    options = Options(toy_data.load("sine", num=20), learning_rate=0.02)
    before = small_networks.start((1, 4, 1), 1).flat
    _, networks, _ = after(1, train(options, hidden=(4,), optimizers=[name], batch=20))
    torch.testing.assert_close((networks.flat - before).abs(), torch.full_like(before, 0.02), rtol=1e-3, atol=0)


def test_first_step_of_adadelta_is_as_published_and_hears_of_no_rate():
    """-sqrt(eps) / sqrt(0.1 g^2 + eps) g (Zeiler 2012, algorithm 1), here with rho 0.9."""
    data = toy_data.load("sine", num=20)
    start = small_networks.start((1, 1), 1, activation="linear")
    small_networks.losses(start, data).sum().backward()
    g = start.biases[0].grad.item()
    for rate in (0.001, 10.0):
        options = Options(data, learning_rate=rate)
        trainer = train(options, hidden=(), activation="linear", optimizers=["Adadelta"], batch=20)
        _, networks, _ = after(1, trainer)
        expected = -math.sqrt(1e-6) / math.sqrt(0.1 * g**2 + 1e-6) * g
        assert networks.biases[0].item() == pytest.approx(expected, rel=1e-4)


def test_regularisation_adds_the_weights_absolute_values_or_squares_but_not_the_biases():
    options = Options(toy_data.load("xor"), penalty="L1", strength=0.5)
    networks = small_networks.start((2, 2, 1), 1)
    for weight, values in zip(networks.weights, ([[1.0, -2.0], [0.0, 3.0]], [[-1.0], [0.5]]), strict=True):
        weight.data[0] = torch.tensor(values)
    networks.biases[0].data.fill_(100)
    assert small_networks.penalty(networks, options).item() == pytest.approx(0.5 * (1 + 2 + 3 + 1 + 0.5))
    options.penalty = "L2"
    assert small_networks.penalty(networks, options).item() == pytest.approx(0.5 * (1 + 4 + 9 + 1 + 0.25))


@pytest.mark.parametrize(("name", "steps"), [("xor", 300), ("circles", 300), ("moons", 300), ("spiral", 1500)])
def test_what_no_line_can_part_is_learned(name, steps):
    data = toy_data.load(name)
    line = after(300, train(Options(data, learning_rate=0.1), hidden=(), optimizers=["Adam"]))[1]
    assert small_networks.accuracies(line, data)[0] < 0.9
    _, networks, _ = after(steps, train(Options(data, learning_rate=0.03), optimizers=["Adam"]))
    assert small_networks.accuracies(networks, data)[0] > 0.95


def test_a_curve_is_learned_far_better_than_its_mean():
    data = toy_data.load("sine")
    _, networks, _ = after(800, train(Options(data, learning_rate=0.03), optimizers=["Adam"]))
    assert small_networks.losses(networks, data)[0] < 0.1 * data.y.var()


def test_race_is_fair_and_one_seed_gives_one_race():
    """The same start for all, and nobody's path depends on who else runs."""
    data = toy_data.load("circles")
    alone = after(40, train(Options(data), optimizers=["Adam"], seed=5))[1].flat
    _, together, losses = after(40, train(Options(data), seed=5))
    torch.testing.assert_close(together.flat[NAMES.index("Adam")], alone[0])
    _, _, first = after(1, train(Options(data), seed=5))
    assert first.max() == first.min()
    assert torch.equal(losses, after(40, train(Options(data), seed=5))[2])
    assert not torch.equal(losses, after(40, train(Options(data), seed=6))[2])


def test_one_that_diverges_says_so_and_leaves_the_others_alone():
    data = toy_data.load("steps")
    _, networks, losses = after(60, train(Options(data, learning_rate=5.0), activation="relu"))
    alone = after(60, train(Options(data, learning_rate=5.0), activation="relu", optimizers=["Adadelta"]))[1]
    assert not losses[NAMES.index("SGD")].isfinite()
    torch.testing.assert_close(networks.flat[NAMES.index("Adadelta")], alone.flat[0])


def test_options_count_from_the_next_step_on():
    options = Options(toy_data.load("circles"), learning_rate=0.0)
    trainer = train(options, optimizers=["SGD"])
    before = next(trainer)[1].flat.clone()
    assert torch.equal(next(trainer)[1].flat, before)
    options.learning_rate = 0.1
    assert not torch.equal(next(trainer)[1].flat, before)


def test_a_point_that_is_added_while_it_learns_is_learned():
    """A dozen points of class 1 amid the inner circle of class 1's enemies."""
    options = Options(toy_data.load("blobs", num=40), learning_rate=0.03)
    trainer = train(options, optimizers=["Adam"], batch=64)
    _, networks, _ = after(100, trainer)
    there = torch.tensor([[-1.3, -1.3]])
    assert small_networks.layers(networks, there)[-1].item() < 0
    for _ in range(40):
        options.data = toy_data.with_point(options.data, (-1.3, -1.3), 1)
    _, networks, _ = after(400, trainer)
    assert small_networks.layers(networks, there)[-1].item() > 0


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"optimizers": ["Adam", "LBFGS"]}, "SGD, Adagrad, Adadelta, Adam"),
        ({"optimizers": []}, "some of"),
        ({"batch": 0}, "batch"),
        ({"activation": "step"}, "tanh, relu"),
        ({"hidden": (4, 0)}, "positive"),
    ],
)
def test_what_cannot_be_trained_is_refused(options, match):
    with pytest.raises(ValueError, match=match):
        next(train(Options(toy_data.load("xor")), **options))


def test_unknown_penalty_is_refused():
    with pytest.raises(ValueError, match="L1, L2"):
        next(train(Options(toy_data.load("xor"), penalty="L3")))
