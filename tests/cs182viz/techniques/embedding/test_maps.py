"""Do the numbers beside a map, its clusters and its thumbnails say what they claim?"""

import itertools

import numpy as np
import pytest
import sklearn.manifold
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from cs182viz.images import digits
from cs182viz.techniques.embedding import (
    cluster,
    cluster_scatter,
    embed,
    grid_cells,
    knn_accuracy,
    thumbnail_grid,
    trustworthiness,
)


def cloud(n, d=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("k", [1, 4, 9])
def test_knn_accuracy_is_that_of_leaving_one_out(k):
    Y, labels = cloud(60), np.random.default_rng(1).choice(["a", "b", "c"], size=60)
    predicted = cross_val_predict(KNeighborsClassifier(k), Y, labels, cv=LeaveOneOut())
    assert knn_accuracy(Y, labels, k=k) == pytest.approx((predicted == labels).mean())


def test_knn_accuracy_asks_a_sample_about_all():
    X, y = digits()
    assert knn_accuracy(X, y, sample=400) == pytest.approx(knn_accuracy(X, y), abs=0.02)
    assert knn_accuracy(np.zeros((50, 2)), np.zeros(50), k=5) == 1  # all in one place


@pytest.mark.parametrize("k", [1, 5, 30])
def test_trustworthiness_is_scikit_learns(k):
    X = cloud(150, 6)
    for Y in (cloud(150, seed=3), X[:, :2]):
        expected = sklearn.manifold.trustworthiness(X, Y, n_neighbors=k)
        assert trustworthiness(X, Y, k=k) == pytest.approx(expected, abs=1e-12)


def test_a_map_that_is_the_space_is_trusted_wholly_and_a_sample_comes_near():
    X = cloud(700, 3)
    assert trustworthiness(X, 5 * X, k=10) == 1
    whole = trustworthiness(X, X[:, :2], k=10)
    assert trustworthiness(X, X[:, :2], k=10, sample=300) == pytest.approx(whole, abs=0.02)


@pytest.mark.parametrize(
    "measure", [lambda: knn_accuracy(cloud(9), np.zeros(9), k=9), lambda: trustworthiness(cloud(9), cloud(9), k=5)]
)
def test_more_neighbours_than_there_are_is_an_error(measure):
    with pytest.raises(ValueError, match="k counts neighbours, here from 1 to"):
        measure()


def test_lengths_have_to_agree():
    with pytest.raises(ValueError, match="one label for each of 9 points"):
        knn_accuracy(cloud(9), np.zeros(8))
    with pytest.raises(ValueError, match="as many points"):
        trustworthiness(cloud(9), cloud(8))
    with pytest.raises(ValueError, match="one label for each of 9 points"):
        embed(cloud(9), "pca", labels=[1, 2])


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_clusters_are_found_and_numbered_by_size(method):
    Y, truth = make_blobs([150, 100, 50], centers=[[0, 0], [40, 0], [0, 40]], random_state=0)
    lonely = np.array([[100.0, 100.0], [-90.0, 80.0]])
    found = cluster(np.concatenate([Y, lonely]), method)
    assert (found[-2:] == -1).all()
    inside = found[:-2] >= 0
    assert inside.mean() > 0.95
    assert adjusted_rand_score(truth[inside], found[:-2][inside]) == 1
    assert [truth[found[:-2] == number][0] for number in range(3)] == [0, 1, 2]  # the largest first


def test_small_groups_are_no_clusters():
    Y, _ = make_blobs([60, 8], centers=[[0, 0], [40, 0]], random_state=0)
    assert set(cluster(Y, "dbscan", eps=3, min_size=9)) <= {0, -1}
    assert set(cluster(Y, "dbscan", eps=3, min_size=8)) == {0, 1}
    assert set(cluster(Y[:4])) == {-1}
    with pytest.raises(ValueError, match="unknown method 'kmeans'"):
        cluster(Y, "kmeans")


def test_clusters_are_drawn_with_their_letters_and_noise_as_crosses():
    Y = np.arange(60.0).reshape(30, 2)
    clusters = np.arange(30) - 1  # one point of noise, 29 clusters of one point
    ax = cluster_scatter(Y, clusters, title="Lonely").axes[0]
    assert [text.get_text() for text in ax.texts] == [*"abcdefghijklmnopqrstuvwxyz", "aa", "ab", "ac"]
    drawn = [scatter.get_offsets().tolist() for scatter in ax.collections]
    assert drawn == [[row] for row in Y.tolist()]  # noise first, then the clusters in order
    with pytest.raises(ValueError, match="one cluster for each of 30 points"):
        cluster_scatter(Y, clusters[:5], title="")


def test_the_grid_is_the_best_of_all():
    Y = cloud(5, seed=4)
    unit = (Y - Y.min(axis=0)) / np.ptp(Y, axis=0)
    cells = [(row, column) for row in range(2) for column in range(3)]

    def cost(places):
        return sum(
            (x - (c + 0.5) / 3) ** 2 + (1 - y - (r + 0.5) / 2) ** 2 for (x, y), (r, c) in zip(unit, places, strict=True)
        )

    best = min(itertools.permutations(cells, 5), key=cost)
    assert grid_cells(Y, columns=3, rows=2).tolist() == [list(cell) for cell in best]


def test_points_on_a_grid_stay_where_they_are():
    rows, columns = np.divmod(np.random.default_rng(0).permutation(30), 6)
    Y = np.stack([columns, -rows], axis=1)  # row 0 on top
    assert np.array_equal(grid_cells(Y, columns=6), np.stack([rows, columns], axis=1))


def test_no_two_share_a_cell_and_those_too_many_are_left_out():
    places = grid_cells(cloud(50))
    assert len({tuple(place) for place in places}) == 50
    assert places.min() >= 0
    assert places.max() < 8
    few = grid_cells(cloud(50), columns=5, rows=4)
    assert (few[:, 0] >= 0).sum() == 20
    assert len({tuple(place) for place in few if place[0] >= 0}) == 20
    assert (few[few[:, 0] < 0] == -1).all()
    with pytest.raises(ValueError, match="at most 4096"):
        grid_cells(cloud(5000))
    with pytest.raises(ValueError, match="at least one row"):
        grid_cells(cloud(5), columns=0)


def test_thumbnails_stand_in_their_cells():
    corners = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])  # top left, top right, bottom left, bottom right
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8)
    pictures = [np.tile(colour, (20, 30, 1)) for colour in colours]
    figure = thumbnail_grid(corners, pictures, tile=10, title="Corners", caption="four colours")
    canvas = figure.axes[0].images[0].get_array()
    assert canvas.shape == (20, 20, 3)
    assert np.array_equal(canvas[5::10, 5::10].reshape(4, 3), colours)
    assert figure.axes[0].get_title() == "Corners"
    with pytest.raises(ValueError, match="one picture for each of 4 points"):
        thumbnail_grid(corners, pictures[:3])


def test_pca_is_the_projection_onto_the_largest_variances():
    X = cloud(80, 5) * [5, 1, 3, 1, 1]
    centred = X - X.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ axes[:2].T / np.abs(centred).max()
    signs = np.sign((np.asarray(embed(X, "pca")) * expected).sum(axis=0))
    np.testing.assert_allclose(np.asarray(embed(X, "pca")) * signs, expected, atol=1e-5)
    assert np.asarray(embed(X[:, :1], "pca")).shape == (80, 2)  # a line stays one


def test_one_call_measures_and_says_it():
    X, truth = make_blobs([40, 40, 40], n_features=60, random_state=0)
    result = embed(X, labels=truth, clusters="hdbscan", perplexity=10, max_iter=400, progress=False)
    assert result.accuracy == knn_accuracy(result.Y, truth) == 1
    assert result.original_accuracy == 1
    assert result.trustworthiness == pytest.approx(trustworthiness(X, result.Y, k=10), abs=1e-6)
    assert adjusted_rand_score(truth, result.clusters) == 1
    text = repr(result)
    assert text.startswith("t-SNE of 120 points in ")
    for words in (f"KL divergence {result.kl:.3f}", "k-NN accuracy 100.0% on the map", "3 clusters", "trustworthiness"):
        assert words in text
    assert "KL" not in repr(embed(X, "pca"))


def test_one_call_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="unknown method 'umap'"):
        embed(cloud(50), "umap")
    with pytest.raises(ValueError, match="PCA has no option perplexity"):
        embed(cloud(50), "pca", perplexity=5)
    with pytest.raises(ValueError, match="2 of 50 points hold NaN"):
        embed(np.where(np.arange(50)[:, None] < 2, np.nan, cloud(50)))
