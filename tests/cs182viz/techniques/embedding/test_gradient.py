"""Are the fused float32 loops the gradient that the paper writes, on any number of points and threads?"""

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from cs182viz import gradcheck
from cs182viz.techniques.embedding import affinities, kernels
from cs182viz.techniques.embedding.exact import ExactGradient
from cs182viz.techniques.embedding.large import FourierGradient, kernels_at
from grading.masters.solutions import load

MASTER = load("tsne")


def dense_P(n, seed=0):
    """Symmetric, zero on the diagonal, sums to 1: (n, n) float64."""
    P = np.random.default_rng(seed).random((n, n)) ** 4
    P = np.triu(P, 1)
    return (P + P.T) / (2 * P.sum())


def divergence(P, Y):
    """KL(P || Q) by its definition, in float64; Y (n, 2)."""
    weights = 1 / (1 + ((Y[:, None] - Y[None]) ** 2).sum(axis=2))
    np.fill_diagonal(weights, 0)
    Q, some = weights / weights.sum(), P > 0
    return (P[some] * np.log(P[some] / Q[some])).sum()


def some_map(n, spread=3.0, seed=1):
    return np.random.default_rng(seed).normal(scale=spread, size=(n, 2))


def evaluate(P, Y, exaggeration=1.0, threads=1):
    """Ours: gradient (n, 2) and divergence."""
    points, sparse = np.ascontiguousarray(Y.T, dtype=np.float32), csr_matrix(P.astype(np.float32))
    with ExactGradient(len(Y), threads=threads) as gradient_at:
        gradient = gradient_at(points, sparse, exaggeration)
        return gradient.T, gradient_at.divergence(points, sparse)


@pytest.mark.parametrize("n", [3, 4, 17, 64, 65, 130, 333])  # less than a chunk, odd, even, some chunks without a row
@pytest.mark.parametrize("spread", [1e-4, 3.0, 60.0])
def test_the_gradient_is_the_masters(n, spread):
    P, Y = dense_P(n), some_map(n, spread)
    expected = MASTER.tsne_gradient(P, Y)
    ours, kl = evaluate(P, Y)
    np.testing.assert_allclose(ours, expected, atol=2e-5 * np.abs(expected).max())
    assert kl == pytest.approx(divergence(P, Y), rel=1e-5, abs=1e-6)


def test_exaggeration_multiplies_p_alone():
    P, Y = dense_P(40), some_map(40)
    expected = MASTER.tsne_gradient(12 * P, Y)
    ours, kl = evaluate(P, Y, exaggeration=12.0)
    np.testing.assert_allclose(ours, expected, atol=2e-5 * np.abs(expected).max())
    assert kl == pytest.approx(divergence(P, Y), rel=1e-5)  # of the true P


def test_the_gradient_is_the_slope_of_the_divergence():
    P, Y = dense_P(23), some_map(23)
    slopes = gradcheck.numerical_gradient(lambda Z: divergence(P, Z), Y)
    np.testing.assert_allclose(evaluate(P, Y)[0], slopes, atol=3e-5 * np.abs(slopes).max())


def test_two_points_with_all_of_p_between_them_rest():
    P = np.array([[0, 0.5], [0.5, 0]])
    gradient, kl = evaluate(P, np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(gradient, 0, atol=1e-7)
    assert kl == pytest.approx(0, abs=1e-6)


def test_any_number_of_threads_gives_the_same_bits():
    P, Y = affinities(some_map(1501)), some_map(1501, seed=2)
    reference, kl = evaluate(P, Y, threads=1)
    for threads in (2, 3, 40):
        gradient, again = evaluate(P, Y, threads=threads)
        assert np.array_equal(gradient, reference)
        assert again == pytest.approx(kl, rel=1e-12)


def test_charges_on_nodes_give_the_sums_over_all_pairs_of_nodes():
    spacing, shape = 0.4, (9, 12)
    charges = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    size = (20, 24)  # at least twice the nodes, so that nothing comes round
    potentials = np.fft.irfft2(np.fft.rfft2(charges, s=size) * np.fft.rfft2(kernels_at(spacing, size)), s=size)
    nodes = spacing * np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 2)
    apart = nodes[:, None] - nodes[None]
    w = 1 / (1 + (apart**2).sum(axis=-1))
    for field, kernel in zip(potentials, (w, w**2 * apart[..., 0], w**2 * apart[..., 1]), strict=True):
        expected = (kernel @ charges.ravel()).reshape(shape)
        np.testing.assert_allclose(field[:9, :12], expected, atol=1e-5)


def test_cubics_are_spread_and_read_exactly():
    """Four nodes a side hold every polynomial of degree 3: the charges' moments and what is read are exact."""
    rng = np.random.default_rng(6)
    places = rng.uniform(1, 8, size=(2, 50)).astype(np.float32)
    charges = np.zeros((10, 10), np.float32)
    kernels.spread(places, charges)
    x, y = np.meshgrid(np.arange(10.0), np.arange(10.0), indexing="ij")
    for i, j in itertools.product(range(4), repeat=2):
        field = (x / 8) ** i * (y / 8) ** j
        values = (places[0] / 8.0) ** i * (places[1] / 8.0) ** j
        assert (charges * field).sum() == pytest.approx(values.sum(), rel=1e-4)
        read = np.empty((1, 50), np.float32)
        kernels.gather(places, field[None].astype(np.float32), 0, 50, read)
        np.testing.assert_allclose(read[0], values, atol=1e-5)


@pytest.mark.parametrize("spread", [1e-4, 0.3, 3.0, 8.0])
def test_a_map_of_any_size_is_repelled_as_over_all_pairs(spread):
    Y = np.ascontiguousarray(some_map(3000, spread=spread, seed=3).T, dtype=np.float32)
    nothing = csr_matrix((3000, 3000), dtype=np.float32)
    with ExactGradient(3000) as exact_at, FourierGradient(3000, threads=2) as gradient_at:
        exact, near = exact_at(Y, nothing), gradient_at(Y, nothing)
        assert gradient_at.normaliser == pytest.approx(exact_at.normaliser, rel=1e-4)
    assert np.linalg.norm(near - exact) < 0.01 * np.linalg.norm(exact)


def test_points_on_a_line_and_points_on_one_place_have_a_grid_too():
    nothing = csr_matrix((100, 100), dtype=np.float32)
    line = np.zeros((2, 100), np.float32)
    line[0] = np.linspace(0, 30, 100)
    for Y in (line, np.zeros((2, 100), np.float32)):
        with ExactGradient(100) as exact_at, FourierGradient(100) as gradient_at:
            np.testing.assert_allclose(gradient_at(Y, nothing), exact_at(Y, nothing), atol=1e-4)


def test_the_fourier_gradient_is_near_the_exact_one():
    P, Y = affinities(some_map(2000)), some_map(2000, spread=8.0, seed=2)
    exact, kl = evaluate(P, Y, exaggeration=4.0)
    points = np.ascontiguousarray(Y.T, dtype=np.float32)
    with FourierGradient(2000) as gradient_at:
        near = gradient_at(points, P, 4.0).T
        assert gradient_at.divergence(points, P) == pytest.approx(kl, rel=1e-3)
    assert np.linalg.norm(near - exact) < 0.02 * np.linalg.norm(exact)
