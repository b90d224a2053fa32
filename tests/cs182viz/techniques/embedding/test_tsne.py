"""Does the iterator descend as the paper says, obey its controls while it runs, and refuse what cannot be embedded?"""

import collections
import importlib.util
import itertools
import threading
import tracemalloc

import numpy as np
import pytest
from sklearn.manifold import TSNE

from cs182viz.images import digits
from cs182viz.techniques.embedding import Controls, affinities, knn_accuracy, tsne_steps
from grading.masters.solutions import load

MASTER = load("tsne")


def blobs(n=60, d=5, seed=0):
    """Three groups far apart."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 20 * (np.arange(n)[:, None] % 3 == np.arange(d) % 3)


def last(steps):
    return collections.deque(steps, maxlen=1).pop()


def after(steps, count):
    return next(itertools.islice(steps, count, None))


def by_the_book(P, Y, steps, *, exaggerated, rate):
    """The paper's descent in float64: momentum, exaggeration and Jacobs's gains as in van der Maaten's own code."""
    velocity, gains = np.zeros_like(Y), np.ones_like(Y)
    for step in range(steps):
        early = step < exaggerated
        gradient = MASTER.tsne_gradient((12 if early else 1) * P, Y)
        gains = np.where((gradient > 0) != (velocity > 0), gains + 0.2, gains * 0.8).clip(0.01)
        velocity = (0.5 if early else 0.8) * velocity - rate * gains * gradient
        Y = Y + velocity
        Y = Y - Y.mean(axis=0)
    return Y


def test_steps_are_those_of_the_paper():
    X, start = blobs(), np.random.default_rng(3).normal(size=(60, 2))
    steps = tsne_steps(X, perplexity=8, init=start, learning_rate=3.0, exaggerated_steps=6)
    expected = by_the_book(affinities(X, perplexity=8).toarray(), start, 20, exaggerated=6, rate=3.0)
    number, Y, _ = after(steps, 20)
    assert number == 20
    np.testing.assert_allclose(Y, expected, atol=2e-4 * np.abs(expected).max())


def test_each_divergence_is_that_of_its_map():
    X = blobs()
    P = affinities(X, perplexity=8).toarray().astype(float)
    reached = []
    for step, Y, kl in tsne_steps(X, perplexity=8, max_iter=500, every=100):
        reached.append(kl)
        if step:  # at first all points lie within a ten thousandth: float64 sees what float32 cannot
            assert kl == pytest.approx(MASTER.kl_divergence(P, MASTER.tsne_q(Y.astype(float))), rel=1e-4)
    assert reached[-1] < 0.2 * reached[0]


def test_maps_come_when_they_are_asked_for_and_belong_to_the_caller():
    seen = list(tsne_steps(blobs(), perplexity=8, max_iter=50, every=20))
    assert [step for step, _, _ in seen] == [0, 20, 40, 50]
    for _, Y, _ in seen:
        assert Y.shape == (60, 2)
        assert Y.dtype == np.float32
    altered = tsne_steps(blobs(), perplexity=8, max_iter=50, every=20)
    for _, Y, _ in altered:
        kept = Y.copy()
        Y[:] = np.nan
    assert np.array_equal(kept, seen[-1][1])


def test_a_seed_is_a_map_on_any_number_of_threads():
    X = np.random.default_rng(1).normal(size=(1200, 6))
    maps = [
        last(tsne_steps(X, max_iter=30, every=30, init="random", seed=seed, threads=threads))[1]
        for seed, threads in [(5, 1), (5, 2), (6, 1)]
    ]
    assert np.array_equal(maps[0], maps[1])
    assert not np.allclose(maps[0], maps[2])


def test_it_goes_on_until_it_is_closed_and_leaves_no_thread_behind():
    X, before = np.random.default_rng(1).normal(size=(1200, 6)), threading.active_count()
    steps = tsne_steps(X, max_iter=None, threads=3)
    assert after(steps, 5)[0] == 5
    assert threading.active_count() > before
    steps.close()
    assert threading.active_count() == before


def test_neighbours_of_digits_stay_together_as_well_as_in_scikit_learns_map():
    X, y = digits()
    X, y = X[:700], y[:700]
    _, Y, kl = last(tsne_steps(X, every=1000))
    peer = TSNE(random_state=0)
    theirs = peer.fit_transform(X)
    assert knn_accuracy(Y, y) >= knn_accuracy(theirs, y) - 0.005  # three digits
    assert kl <= peer.kl_divergence_ * 1.005


def test_perplexity_changes_on_the_way():
    X, controls = blobs(), Controls(perplexity=8)
    steps = tsne_steps(X, controls=controls)
    after(steps, 300)
    controls.perplexity = 25
    _, Y, kl = next(steps)
    P = affinities(X, perplexity=25).toarray().astype(float)
    assert kl == pytest.approx(MASTER.kl_divergence(P, MASTER.tsne_q(Y.astype(float))), rel=1e-4)


def test_exaggeration_pulls_together_and_the_schedule_takes_over_again():
    controls = Controls(perplexity=8)
    steps = tsne_steps(blobs(), controls=controls, exaggerated_steps=50, max_iter=None)
    calm = after(steps, 400)[1][::3].std(axis=0).mean()  # of one group: how far apart the groups are matters little
    controls.exaggeration = 8.0
    pulled = after(steps, 300)[1][::3].std(axis=0).mean()
    controls.exaggeration = None
    freed = after(steps, 300)[1][::3].std(axis=0).mean()
    assert pulled < 0.85 * calm
    assert freed > 1.15 * pulled


def test_the_learning_rate_is_heeded_and_cannot_throw_points_out_of_sight():
    controls = Controls(perplexity=8)
    steps = tsne_steps(blobs(), controls=controls)
    after(steps, 300)
    controls.learning_rate = 1e-12
    after(steps, 60)  # the momentum runs out
    _, rest, _ = next(steps)
    _, still, _ = next(steps)
    np.testing.assert_allclose(still, rest, atol=1e-5)
    controls.learning_rate = 1e12
    _, first, _ = next(steps)
    _, second, _ = next(steps)
    assert 1 < np.linalg.norm(second - first, axis=1).max() < 11  # at most 5, and the centre moved


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("perplexity", 80, "perplexity 80 does not fit 60 points"),
        ("exaggeration", -1.0, "exaggeration should be a number above 0"),
        ("learning_rate", 0.0, "learning rate should be a number above 0"),
        ("learning_rate", "fast", "learning rate should be a number above 0"),
    ],
)
def test_a_control_that_makes_no_sense_is_named(name, value, says):
    controls = Controls(perplexity=8)
    steps = tsne_steps(blobs(), controls=controls)
    next(steps)
    setattr(controls, name, value)
    with pytest.raises(ValueError, match=says):
        next(steps)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"perplexity": 60}, "perplexity 60 does not fit 60 points"),
        ({"method": "magic"}, "unknown method 'magic'"),
        ({"init": "spectral"}, "unknown init 'spectral'"),
        ({"init": np.zeros((5, 2))}, r"expected an initial map of finite numbers \(60, 2\)"),
        ({"init": np.full((60, 2), np.nan)}, "finite"),
        ({"every": 0}, "every >= 1"),
        ({"max_iter": -1}, "max_iter >= 0"),
        ({"threads": 0}, "threads"),
        ({"early_exaggeration": 0}, "exaggeration should be a number above 0"),
    ],
)
def test_bad_options_are_refused_before_the_first_step(options, says):
    with pytest.raises(ValueError, match=says):
        tsne_steps(blobs(), **{"perplexity": 8} | options)


def test_identical_points_and_points_on_a_line_give_finite_maps():
    for X in (np.ones((40, 3)), np.arange(40.0)[:, None], np.repeat(blobs(20), 2, axis=0)):
        _, Y, kl = last(tsne_steps(X, perplexity=5, max_iter=100, every=100))
        assert np.isfinite(Y).all()
        assert np.isfinite(kl)


@pytest.mark.parametrize(
    ("method", "package"), [("exact", "numba"), ("fft", "openTSNE"), ("fft", "numba"), ("auto", "numba")]
)
def test_without_the_fast_packages_scikit_learn_steps_in_and_says_so(monkeypatch, method, package):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))
    with pytest.warns(UserWarning, match=f"{package} is not installed.*pip install {package}"):
        steps = tsne_steps(blobs(), perplexity=8, method=method, max_iter=300)
    (only,) = steps
    assert only[1].shape == (60, 2)
    assert knn_accuracy(only[1], np.arange(60) % 3, k=5) == 1


def test_fourier_steps_part_the_blobs_too():
    first, final = tsne_steps(blobs(90), perplexity=8, method="fft", exaggerated_steps=60, max_iter=200, every=200)
    assert final[0] == 200
    assert knn_accuracy(final[1], np.arange(90) % 3, k=5) == 1
    assert final[2] < 0.4 * first[2]


def test_memory_grows_with_the_points_not_with_their_pairs():
    def peak(n):
        X = np.random.default_rng(0).normal(size=(n, 8))
        tracemalloc.start()
        last(tsne_steps(X, max_iter=2, every=2, threads=1))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is loaded once
    small, big = peak(1500), peak(6000)
    assert big < 5 * small  # pairs would be 16 times as many
    assert big < 6000**2 * 4  # and never a table of them, not even in float32
