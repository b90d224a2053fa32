"""Are the neighbours' probabilities those of the paper, of the master notebook and of scikit-learn?"""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors

from cs182viz.techniques.embedding import affinities
from cs182viz.techniques.embedding.affinities import Neighbours, check_points, conditional_probabilities
from grading.masters.solutions import load


def cloud(n, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * rng.uniform(0.2, 3, size=(n, 1))


def test_with_all_neighbours_they_are_the_masters():
    X, master = cloud(60), load("tsne")
    D = master.pairwise_squared_distances(X)
    sigma = master.search_sigmas(D, perplexity=25, tol=1e-7)
    expected = master.joint_probabilities(master.conditional_probabilities(D, sigma))
    np.testing.assert_allclose(affinities(X, perplexity=25).toarray(), expected, atol=1e-5 * expected.max())


def test_with_few_neighbours_they_are_scikit_learns():
    X = cloud(400, d=20)
    graph = NearestNeighbors(n_neighbors=31).fit(X).kneighbors_graph(mode="distance")
    graph.data **= 2
    expected = _joint_probabilities_nn(graph, 10.0, 0).toarray()
    assert np.abs(affinities(X, perplexity=10).toarray() - expected).max() < 1e-3 * expected.max()


@pytest.mark.parametrize("n", [4, 50, 700])
def test_they_are_a_symmetric_distribution_over_pairs(n):
    P = affinities(cloud(n), perplexity=min(30, n - 2.5)).toarray()
    assert P.sum() == pytest.approx(1, rel=1e-5)
    assert np.array_equal(P, P.T)
    assert (np.diag(P) == 0).all()
    assert P.max(axis=1).min() > 0


@pytest.mark.parametrize("perplexity", [2.0, 15.0, 40.0])
def test_each_point_gets_the_perplexity_that_was_asked_for(perplexity):
    neighbours = Neighbours(cloud(300, seed=3).astype(np.float32))
    neighbours.joint(perplexity)
    p = conditional_probabilities(neighbours.squares, perplexity).astype(float)
    entropy = -(p * np.log(p, where=p > 0, out=np.zeros_like(p))).sum(axis=1)
    np.testing.assert_allclose(np.exp(entropy), perplexity, rtol=1e-4)


def test_neither_scale_nor_place_matters():
    X = cloud(80)
    expected = affinities(X).toarray()
    for other in (X * 1e30, X * 1e-30, X + 1e6, torch.from_numpy(X), np.float32(X), np.asfortranarray(X)):
        np.testing.assert_allclose(affinities(other).toarray(), expected, atol=1e-4 * expected.max())


def test_another_perplexity_is_as_if_asked_for_at_once():
    neighbours = Neighbours(cloud(200).astype(np.float32))
    for perplexity in (30, 5, 50):
        changed, fresh = neighbours.joint(perplexity), Neighbours(neighbours.X).joint(perplexity)
        np.testing.assert_allclose(changed.toarray(), fresh.toarray(), atol=1e-8)


def test_points_that_are_all_there_twice_or_all_the_same_are_no_trouble():
    twice = affinities(np.repeat(cloud(40), 2, axis=0), perplexity=10)
    assert np.isfinite(twice.data).all()
    assert twice[0, 1] == twice.toarray()[0].max()  # its twin is the nearest
    same = affinities(np.ones((20, 3)), perplexity=18).toarray()
    np.testing.assert_allclose(same[~np.eye(20, dtype=bool)], 1 / 380, rtol=1e-5)


@pytest.mark.parametrize(
    ("X", "perplexity", "says"),
    [
        (np.ones((1, 4)), 30, "at least 3 points"),
        (np.ones((0, 4)), 30, "at least 3 points"),
        (np.array([[0.0, 1.0], [np.nan, 0.0], [2.0, 1.0], [1.0, 1.0]]), 1.5, "1 of 4 points hold NaN or infinity"),
        (np.full((5, 2), np.inf), 2, "5 of 5 points"),
        (cloud(20), 30, "perplexity 30 does not fit 20 points"),
        (cloud(20), 19, "less than 19"),
        (cloud(20), 1, "more than 1"),
        (cloud(20), float("nan"), "does not fit"),
        (np.ones((4, 8, 8)), 30, r"shape \(N, d\)"),
        (np.ones(9), 30, r"shape \(N, d\)"),
        (np.ones((9, 0)), 3, r"shape \(N, d\)"),
        (np.array([["a", "b"]] * 9), 3, "as numbers"),
        (np.ones((9, 2), complex), 3, "as numbers"),
    ],
)
def test_what_cannot_be_embedded_is_refused_with_a_reason(X, perplexity, says):
    with pytest.raises(ValueError, match=says):
        affinities(X, perplexity=perplexity)


def test_a_sparse_matrix_is_taken_as_its_points():
    X = np.random.default_rng(3).normal(size=(8, 5)) * (np.random.default_rng(4).random((8, 5)) < 0.4)
    assert np.array_equal(check_points(csr_matrix(X)), check_points(X))
