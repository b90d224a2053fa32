"""Are the small problems what their names say, the same each time, and inside the square that is shown?"""

import pytest
import torch

from cs182viz.demos.playground import problems as toy_data
from cs182viz.demos.playground.problems import CLASSIFICATION, EXTENT, REGRESSION, Data


@pytest.mark.parametrize("name", [*CLASSIFICATION, *REGRESSION])
def test_points_lie_in_the_square_and_come_again_with_their_seed(name):
    data = toy_data.load(name, num=101, noise=0.3, seed=7)
    assert data.X.shape == (101, 2 if name in CLASSIFICATION else 1)
    assert data.y.shape == (101,)
    assert data.X.abs().max() <= EXTENT
    assert data.y.abs().max() <= EXTENT
    assert torch.equal(data.X, toy_data.load(name, num=101, noise=0.3, seed=7).X)
    other = toy_data.load(name, num=101, noise=0.3, seed=8)
    assert not (torch.equal(data.X, other.X) and torch.equal(data.y, other.y))


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_classes_are_of_one_size(name):
    y = toy_data.load(name, num=200).y
    assert set(y.tolist()) == {0.0, 1.0}
    assert y.sum() == 100


@pytest.mark.parametrize("name", [*CLASSIFICATION, *REGRESSION])
def test_noise_moves_by_its_standard_deviation(name):
    clean, noisy = toy_data.load(name, num=2000, noise=0), toy_data.load(name, num=2000, noise=0.05)
    change = noisy.X - clean.X if name in CLASSIFICATION else noisy.y - clean.y
    assert change.std().item() == pytest.approx(0.05, rel=0.1)


def test_without_noise_circles_and_xor_are_exact():
    circles = toy_data.load("circles", noise=0)
    radius = circles.X.norm(dim=1)
    assert radius[circles.y == 0].max() - radius[circles.y == 0].min() < 1e-5
    assert radius[circles.y == 0].min() > 2 * radius[circles.y == 1].max()
    xor = toy_data.load("xor", noise=0)
    assert torch.equal(xor.y == 1, xor.X.prod(dim=1) > 0)


def test_added_point_is_last_and_kept_inside():
    data = Data(torch.zeros(2, 2), torch.zeros(2))
    more = toy_data.with_point(data, (99, -1), 1)
    assert more.X.tolist() == [[0, 0], [0, 0], [EXTENT, -1]]
    assert more.y.tolist() == [0, 0, 1]
    assert len(data.X) == 2


@pytest.mark.parametrize(("x", "y"), [((1,), 0), ((1, float("nan")), 0), ((1, 2), float("inf"))])
def test_what_is_no_point_is_refused(x, y):
    with pytest.raises(ValueError, match="2 finite coordinates"):
        toy_data.with_point(Data(torch.zeros(1, 2), torch.zeros(1)), x, y)


@pytest.mark.parametrize(("options", "match"), [({"num": 3}, "at least 4"), ({"noise": -1}, "noise")])
def test_impossible_amounts_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        toy_data.load("xor", **options)


def test_unknown_name_gets_the_list():
    with pytest.raises(ValueError, match="circles, spiral"):
        toy_data.load("swiss roll")
