"""Are the strongest pictures found, and does every kind of them get a mean of its own?"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from cs182viz import layers
from cs182viz.techniques.facets import Highest, find_facets, highest
from cs182viz.techniques.visualize import visualize_class
from cs182viz.zoo import tiny_network
from grading.masters.solutions import load

COLOURS = torch.tensor([[2.0, -1.0, -1.0], [-1.0, 2.0, -1.0], [-1.0, -1.0, 2.0]])
SIZES = [50, 40, 30]


@pytest.fixture
def model():
    return tiny_network(seed=4)


def pictures(count, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return list(torch.randn(count, 3, 10, 8, dtype=torch.float64, generator=generator).split(1))


@pytest.fixture(scope="module")
def kinds():
    """120 pictures of three kinds, in mixed order: codes about three far corners, pixels about three colours."""
    generator = torch.Generator().manual_seed(0)
    kind = torch.repeat_interleave(torch.arange(3), torch.tensor(SIZES))[torch.randperm(120, generator=generator)]
    codes = 20.0 * torch.eye(3, 64)[kind] + torch.randn(120, 64, generator=generator)
    flat = COLOURS[kind].reshape(120, 3, 1, 1) + 0.1 * torch.randn(120, 3, 6, 6, generator=generator)
    return kind.numpy(), Highest([SimpleNamespace(tensor=one) for one in flat.split(1)], torch.zeros(120), codes)


@pytest.mark.parametrize("layer", ["logits", "conv2"])
def test_the_best_of_a_stream_are_the_best_of_all_at_once(model, layer):
    every = pictures(37)
    with torch.no_grad():
        activation = layers.activations(model, torch.cat(every), layer)[layer]
        codes = layers.activations(model, torch.cat(every), "relu2")["relu2"].mean(dim=(2, 3))
    own = activation[:, 3].reshape(37, -1).max(dim=1).values
    found = highest(model, layer, 3, iter(every), count=7, code_layer="relu2", batch=5)
    values, order = own.topk(7)
    torch.testing.assert_close(found.values.double(), values, rtol=1e-6, atol=1e-6)
    assert all(picture is every[i] for picture, i in zip(found.pictures, order.tolist(), strict=True))
    torch.testing.assert_close(found.codes, codes[order])


def test_fewer_pictures_than_asked_for_are_all_kept(model):
    assert len(highest(model, "logits", 0, pictures(4), count=9, code_layer="logits").pictures) == 4


def test_each_kind_becomes_a_facet_the_largest_first(kinds):
    kind, found = kinds
    facets = find_facets(found, facets=3)
    assert adjusted_rand_score(kind, facets.labels) == 1.0
    assert np.bincount(facets.labels).tolist() == SIZES
    assert facets.points.shape == (120, 2)
    torch.testing.assert_close(facets.starts.mean(dim=(2, 3)), COLOURS, rtol=0, atol=0.05)


def test_a_start_is_the_mean_of_the_nearest_to_the_centroid(kinds):
    _, found = kinds
    facets = find_facets(found, facets=3, nearest=15)
    for k in range(3):
        own = np.flatnonzero(facets.labels == k)
        centroid = facets.points[own].mean(axis=0)
        nearest = sorted(own, key=lambda i: np.hypot(*(facets.points[i] - centroid)))[:15]
        assert set(facets.nearest[k]) == set(nearest)
        expected = sum(found.pictures[i].tensor for i in nearest) / 15
        torch.testing.assert_close(facets.starts[k : k + 1], expected)


def test_a_facet_smaller_than_asked_for_averages_what_it_has(kinds):
    _, found = kinds
    facets = find_facets(found, facets=3, nearest=45)
    assert [len(nearest) for nearest in facets.nearest] == [45, 40, 30]


def test_the_same_seed_gives_the_same_facets_and_leaves_the_global_generators_alone(kinds):
    _, found = kinds
    numbers, state = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002, the global one is meant
    first, again = (find_facets(found, facets=3, seed=5) for _ in range(2))
    assert np.array_equal(first.points, again.points)
    assert torch.equal(first.starts, again.starts)
    assert np.array_equal(numbers, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(state, torch.get_rng_state())


def test_one_picture_grows_from_every_facet(model):
    found = highest(model, "logits", 3, pictures(40), count=30, code_layer="pool2")
    facets = find_facets(found, facets=3, nearest=4)
    step = load("class_visualization").class_visualization_update_step
    options = {"sizes": (10,), "steps": 3, "jitter": 1, "learning_rate": 0.3}
    *_, (_, grown, _) = visualize_class(step, model, 3, start=facets.starts, **options)
    assert grown.shape == (3, 3, 10, 10)
    with torch.no_grad():
        before, after = (model(x)[:, 3] for x in (facets.starts, grown))
    assert (after > before).all()


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_handful_of_pictures_will_do(model, count):
    found = highest(model, "logits", 3, pictures(count), code_layer="pool2")
    facets = find_facets(found, facets=count)
    assert sorted(i for nearest in facets.nearest for i in nearest) == list(range(count))


def test_the_model_is_left_as_it_came(model):
    before = layers.weights_hash(model)
    highest(model, "relu1", 3, pictures(5), code_layer="pool2")
    with pytest.raises(RuntimeError, match="broken"):
        highest(model, "relu1", 3, broken_stream(), code_layer="pool2", batch=1)
    assert layers.weights_hash(model) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks or module.training for module in model.modules())


def broken_stream():
    yield from pictures(2)
    raise RuntimeError("broken")


def test_what_does_not_fit_is_refused(model, kinds):
    with pytest.raises(ValueError, match="no pictures"):
        highest(model, "logits", 0, [])
    with pytest.raises(ValueError, match="channels 0 to 9, got 10"):
        highest(model, "logits", 10, pictures(2), code_layer="relu2")
    with pytest.raises(ValueError, match=r"crops\.Crop; got str"):
        highest(model, "logits", 0, ["cat.jpg"])
    with pytest.raises(ValueError, match="nothing to group in 1 picture"):
        find_facets(highest(model, "logits", 0, pictures(1), code_layer="relu2"))
    for wrong in ({"facets": 0}, {"facets": 121}, {"nearest": 0}):
        with pytest.raises(ValueError, match="1 to 120 facets"):
            find_facets(kinds[1], **wrong)
