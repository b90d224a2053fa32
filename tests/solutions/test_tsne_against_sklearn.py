"""Does the notebook's exact t-SNE arrive where scikit-learn's arrives, from the same points and the same start?"""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import KNeighborsClassifier

from cs182viz.images import digits
from grading.masters.solutions import load

POINTS, PERPLEXITY = 300, 30


@pytest.fixture(scope="module")
def solution():
    return load("tsne")


@pytest.fixture(scope="module")
def data():
    X, y = digits()
    return X[:POINTS], y[:POINTS]


@pytest.fixture(scope="module")
def P(solution, data):
    """Joint probabilities of the digits."""
    D = solution.pairwise_squared_distances(data[0])
    sigma = solution.search_sigmas(D, perplexity=PERPLEXITY, tol=1e-6)
    return solution.joint_probabilities(solution.conditional_probabilities(D, sigma))


@pytest.fixture(scope="module")
def start(data):
    """What both begin with: scikit-learn's own default, the principal components scaled down."""
    components = PCA(n_components=2, svd_solver="full").fit_transform(data[0])
    return (1e-4 * components / components[:, 0].std()).astype(np.float32)


@pytest.fixture(scope="module")
def ours(solution, P, start):
    """The map after the notebook's schedule, run a little longer so that it has settled."""
    Y, velocity = start.astype(np.float64), np.zeros(start.shape)
    for step in range(1000):
        rate, exaggeration = (0.1 * POINTS, 4.0) if step < 100 else (0.6 * POINTS, 1.0)
        Y, velocity = solution.tsne_step(Y, velocity, P, learning_rate=rate, momentum=0.8, exaggeration=exaggeration)
    return Y


@pytest.fixture(scope="module")
def theirs(data, start):
    peer = TSNE(perplexity=PERPLEXITY, method="exact", init=start, early_exaggeration=4.0, max_iter=1000)
    return peer.fit(data[0])


def test_cost_agrees_with_scikit_learn_within_two_percent(solution, P, ours, theirs):
    cost = solution.kl_divergence(P, solution.tsne_q(ours))
    assert cost == pytest.approx(theirs.kl_divergence_, rel=0.02)


def test_cost_of_one_map_is_the_same_number_by_both(solution, P, theirs):
    # Their cost comes from their own probabilities and their own kernel, in float32 where ours is float64.
    cost = solution.kl_divergence(P, solution.tsne_q(theirs.embedding_.astype(np.float64)))
    assert cost == pytest.approx(theirs.kl_divergence_, rel=1e-3)


def test_neighbours_in_the_map_tell_the_digit_as_well_as_scikit_learns(data, ours, theirs):
    y = data[1]
    accuracies = []
    for points in (ours, theirs.embedding_):
        teacher, pupil = slice(0, None, 2), slice(1, None, 2)
        classifier = KNeighborsClassifier(n_neighbors=5).fit(points[teacher], y[teacher])
        accuracies.append(classifier.score(points[pupil], y[pupil]))
    assert accuracies[0] >= accuracies[1] - 0.03
    assert accuracies[0] > 0.9
