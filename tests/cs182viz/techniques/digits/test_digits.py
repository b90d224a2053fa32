"""Do the networks learn digits, do optimisers move as torch's, and is a drawing read as the data set was made?"""

import itertools

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.nn import functional

from cs182viz.techniques import digits
from cs182viz.techniques.digits import ConvNet
from cs182viz.techniques.digits.autoencoder import REACH


def after(steps, iterator):
    return next(itertools.islice(iterator, steps - 1, None))


def test_97_of_100_held_out_digits_are_right_after_few_steps():
    learned, held_out = digits.split()
    step, networks, _ = after(500, digits.race(learned, ConvNet, optimizers=["Adam"]))
    assert step == 500
    assert digits.accuracy(networks[0], held_out) >= 0.97


def test_each_racer_moves_as_it_would_alone_and_all_begin_alike():
    learned, _ = digits.split()
    _, together, losses = after(4, digits.race(learned, ConvNet))
    for name, network in zip(digits.OPTIMIZERS, together, strict=True):
        _, [alone], _ = after(4, digits.race(learned, ConvNet, optimizers=[name]))
        for ours, own in zip(network.parameters(), alone.parameters(), strict=True):
            assert torch.equal(ours, own)
    _, _, first = next(digits.race(learned, ConvNet))
    assert len(set(first)) == 1
    assert len(set(losses)) == 4


def test_sgd_is_the_gradient_times_the_rate():
    learned, _ = digits.split()
    runner = digits.race(learned, ConvNet, optimizers=["SGD"], rates=digits.Rates(0.5), seed=7)
    _, [network], _ = next(runner)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        own = ConvNet()
    x, y = learned.draw(32, torch.Generator().manual_seed(7))
    functional.cross_entropy(own(x), y).backward()
    for moved, start in zip(network.parameters(), own.parameters(), strict=True):
        assert torch.allclose(moved, start - 0.5 * 0.1 * start.grad, atol=1e-6)


def test_a_racer_that_diverges_leaves_the_others_alone():
    learned, held_out = digits.split()
    rates = digits.Rates()
    runner = digits.race(learned, ConvNet, optimizers=["SGD", "Adadelta"], rates=rates)
    next(runner)[1][0].first.weight.data.fill_(float("inf"))
    _, networks, losses = after(60, runner)
    assert not np.isfinite(losses[0])
    assert digits.accuracy(networks[1], held_out) > 0.5
    with pytest.raises(ValueError, match="SGD, Adagrad, Adadelta, Adam"):
        next(digits.race(learned, ConvNet, optimizers=["Momentum"]))


def test_the_weights_of_all_layers_are_those_that_are_used():
    network = ConvNet()
    first, second, third = network.weights()
    assert (first.shape, second.shape, third.shape) == ((12, 1, 5, 5), (16, 12, 3, 3), (10, 16, 4, 4))
    seen = network.layers(torch.rand(3, 1, 8, 8))
    scores = torch.einsum("nchw,kchw->nk", seen["second"], third) + network.third.bias
    assert torch.allclose(scores, seen["scores"], atol=1e-5)


def test_tiles_hold_each_unit_and_grey_is_nothing():
    weights = torch.zeros(10, 3 + 1, 2, 2)
    weights[9, 3, 1, 0] = -2.0
    tiles = digits.weight_tiles(weights)
    assert tiles.shape == (10 * 3 - 1, 4 * 3 - 1)
    assert tiles[28, 9] == 0
    assert set(np.unique(tiles)) == {0, 128}
    colours = digits.weight_tiles(torch.ones(5, 3, 2, 2))
    assert colours.shape == (2 * 3 - 1, 4 * 3 - 1, 3)
    shown = digits.activation_tiles(torch.tensor([[[0.0, 1.0]], [[2.0, 0.0]]]), columns=2)
    assert shown.tolist() == [[0, 128, 0, 255, 0]]


def test_a_drawn_digit_is_read_as_the_data_set_was_made():
    drawing = np.zeros((64, 64))
    drawing[10:42, 30:34] = 1  # a stroke of 32 x 4: a one, and 4 of 32 columns are one of eight
    digit = digits.as_digit(drawing)
    assert digit.shape == (8, 8)
    assert digit.sum() == pytest.approx(8 * 1.0, abs=0.1)
    assert digit[:, 3:5].sum() == pytest.approx(digit.sum())
    large = digits.as_digit(np.kron(drawing, np.ones((3, 3))))
    assert np.abs(large - digit).max() < 0.01
    for blank in (np.zeros((64, 64)), np.full((64, 64), 0.1)):
        with pytest.raises(ValueError, match="nothing is drawn yet"):
            digits.as_digit(blank)


def test_a_digit_of_the_data_set_survives_being_drawn():
    learned, held_out = digits.split()
    _, [network], _ = after(400, digits.race(learned, ConvNet, optimizers=["Adam"]))
    drawn = [digits.as_digit(np.kron(one[0].numpy(), np.ones((8, 8))) ** 0.5 - 0.4) for one in held_out.X[:60]]
    right = network(torch.from_numpy(np.stack(drawn))[:, None]).argmax(dim=1) == held_out.y[:60]
    assert right.float().mean() > 0.7


def test_two_numbers_of_an_autoencoder_say_more_than_two_principal_components():
    learned, held_out = digits.split()
    steps = digits.train(learned)
    first = next(steps)[2]
    _, network, last = after(500, steps)
    assert last < 0.6 * first
    pca = PCA(2).fit(learned.X.flatten(1).numpy())
    x = held_out.X.flatten(1).numpy()
    straight = np.square(pca.inverse_transform(pca.transform(x)) - x).mean()
    with torch.no_grad():
        assert float((network(held_out.X) - held_out.X).square().mean()) < straight
        codes = network.encoder(held_out.X)
    assert (codes.abs() < REACH).float().mean() > 0.9


def test_the_plane_is_what_the_decoder_draws():
    network = digits.Autoencoder().eval()
    plane = network.plane(4)
    assert plane.shape == (32, 32)
    corner = torch.tensor([[-0.75 * REACH, 0.75 * REACH]])  # left, and the top row
    assert torch.allclose(plane[:8, :8], network.decode(corner)[0, 0])
    right = torch.tensor([[0.75 * REACH, -0.25 * REACH]])
    assert torch.allclose(plane[16:24, 24:], network.decode(right)[0, 0])
