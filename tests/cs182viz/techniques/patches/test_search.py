"""Top patches against sorting all activations by hand, on few pictures and on streams."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_net import small_net, state
from torch import nn

from cs182viz import layers
from cs182viz.images import Picture, load_images
from cs182viz.techniques.patches.crops import Crop, crops
from cs182viz.techniques.patches.receptive import receptive_field
from cs182viz.techniques.patches.search import Patch, search_patches, top_patches
from cs182viz.zoo import load_model, tiny_network


class Channels(nn.Module):
    """Maps that are the picture's own channels, averaged over squares of 4x4: activations that one can foresee."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.AvgPool2d(4)

    def forward(self, x):
        return self.map(x)


def picture(name: str, values: list[int]) -> Crop:
    """A grey picture of side 8 whose four quarters have the given values in 0..255."""
    quarters = np.array(values, np.uint8).reshape(2, 2).repeat(4, 0).repeat(4, 1)
    image = Image.fromarray(np.stack([quarters] * 3, axis=2))
    return Crop(Picture(name, image, 0, "", "", "", "", ""), (0, 0, 8, 8), 8)


def by_hand(stream: list[Crop], k: int, *, distinct: bool) -> list[tuple[str, int, tuple[int, int]]]:
    """Name, grey value and position of the k best, by sorting all of them."""
    best = []
    for crop in stream:
        quarters = np.asarray(crop.picture.image)[::4, ::4, 0]
        place = int(quarters.argmax())
        best.append((crop.picture.name, int(quarters.flat[place]), divmod(place, 2)))
    best.sort(key=lambda one: -one[1])  # stable: equal ones stay in order
    names = [name for name, _, _ in best]
    return [one for i, one in enumerate(best) if not distinct or one[0] not in names[:i]][:k]


def grey(patch: Patch, unit: int) -> int:
    """The grey value in 0..255 behind an activation of `Channels`."""
    mean, std = ((0.485, 0.456, 0.406)[unit], (0.229, 0.224, 0.225)[unit])
    return round((patch.value * std + mean) * 255)


values = st.lists(st.integers(0, 6), min_size=4, max_size=4)  # few kinds, so that many are equal


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    stream=st.lists(st.tuples(st.sampled_from("abcdef"), values), min_size=1, max_size=14),
    k=st.integers(1, 5),
    batch=st.integers(1, 6),
    distinct=st.booleans(),
)
def test_the_best_of_a_stream_are_those_of_sorting_it(stream, k, batch, distinct):
    stream = [picture(name, quarters) for name, quarters in stream]
    found = top_patches(Channels().eval(), "map", iter(stream), k=k, batch=batch, distinct=distinct)
    assert list(found) == [0, 1, 2]
    expected = by_hand(stream, k, distinct=distinct)
    for unit, patches in found.items():
        assert [grey(patch, unit) for patch in patches] == [value for _, value, _ in expected]
        assert [patch.name for patch in patches] == [name for name, _, _ in expected]
        for patch, (_, _, (row, col)) in zip(patches, expected, strict=True):
            assert patch.position == (row, col)
            assert patch.box == (4 * row, 4 * col, 4 * row + 4, 4 * col + 4)


@pytest.fixture(scope="module")
def squeezenet():
    return load_model()


def test_values_places_and_boxes_are_the_network_s(squeezenet):
    pictures = load_images(["cat", "bear", "espresso", "macaw"])
    found = top_patches(squeezenet, "pool3", pictures, units=[5, 90], k=4, batch=3)
    assert list(found) == [5, 90]
    maps = layers.activations(squeezenet, squeezenet.preprocess(pictures), "pool3")["pool3"]
    field = receptive_field(squeezenet, "pool3")
    for unit, patches in found.items():
        assert len(patches) == 4
        best = maps[:, unit].flatten(1).max(dim=1)
        order = best.values.argsort(descending=True).tolist()
        assert [patch.name for patch in patches] == [pictures[i].name for i in order]
        for patch, i in zip(patches, order, strict=True):
            assert patch.value == pytest.approx(float(best.values[i]), rel=1e-4)
            assert patch.position == divmod(int(best.indices[i]), maps.shape[3])
            assert patch.box == field.box(*patch.position, unit=unit)
            assert patch.picture.size == (224, 224)
            top, left, bottom, right = patch.box
            assert patch.image.size == (right - left, bottom - top)


def test_the_box_alone_gives_the_activation(squeezenet):
    """Everything outside the box painted grey: the unit does not notice."""
    patch = top_patches(squeezenet, "fire5", load_images(["cat", "hen"]), units=200, k=1)[200][0]
    alone = Image.new("RGB", patch.picture.size, (124, 116, 104))
    alone.paste(patch.image, (patch.box[1], patch.box[0]))
    row, col = patch.position
    again = layers.activations(squeezenet, squeezenet.preprocess(alone), "fire5")["fire5"][0, 200, row, col]
    assert patch.value > 1
    assert float(again) == pytest.approx(patch.value, rel=0.01)  # the picture was rounded to 8 bits


def test_crops_of_one_picture_count_once_unless_told_otherwise():
    model = tiny_network(dtype=torch.float32)
    pictures = load_images(["cat", "bear", "hen"])
    stream = list(crops(pictures, per_picture=6, size=24))
    once = top_patches(model, "relu2", stream, k=5)
    often = top_patches(model, "relu2", stream, k=5, distinct=False)
    for unit in once:
        assert len({patch.name for patch in once[unit]}) == len(once[unit]) == 3
        assert len(often[unit]) == 5
        assert often[unit][0] == once[unit][0]
        assert often[unit][4].value >= min(patch.value for patch in often[unit])


def test_layers_without_a_map_are_seen_by_the_whole_picture():
    model = tiny_network()
    stream = list(crops(load_images(["cat", "bear"]), per_picture=2, size=16))
    found = top_patches(model, "logits", stream, units=range(3), k=9, distinct=False)
    scores = model(torch.cat([crop.tensor for crop in stream]).double())
    for unit, patches in found.items():
        assert [patch.value for patch in patches] == pytest.approx(
            scores[:, unit].sort(descending=True).values.tolist()
        )
        assert {(patch.position, patch.box) for patch in patches} == {((0, 0), (0, 0, 16, 16))}


def test_any_kind_of_picture_goes_and_those_without_a_name_are_numbered():
    model = tiny_network()
    cat = load_images("cat")[0]
    array = np.asarray(cat.image)
    found = top_patches(model, "conv1", [cat, cat.image, array, array], units=0, k=9, batch=3)[0]
    assert [patch.name for patch in found] == ["cat", "picture 1", "picture 2", "picture 3"]
    assert len({patch.value for patch in found}) == 1


def test_memory_does_not_grow_with_the_number_of_pictures():
    model, k, batch, units = tiny_network(dtype=torch.float32), 3, 8, [0, 1]
    generator, born, dead, most = np.random.default_rng(0), [], [], 0

    def stream(number):
        nonlocal most
        for i in range(number):
            image = Image.fromarray(generator.integers(0, 256, (16, 16, 3), dtype=np.uint8))
            born.append(weakref.ref(image, dead.append))
            most = max(most, len(born) - len(dead))
            yield Crop(Picture(str(i), image, 0, "", "", "", "", ""), (0, 0, 16, 16), 16)

    found = top_patches(model, "relu2", stream(1000), units=units, k=k, batch=batch)
    assert len(born) == 1000
    assert most <= 2 * batch + 1  # the batch in work and the one that is being read
    gc.collect()
    assert len(dead) == 1000  # what is kept are the k best, as the network saw them
    assert {unit: len(patches) for unit, patches in found.items()} == {0: k, 1: k}


def test_wrong_questions_are_refused():
    model = tiny_network()
    two = list(crops(load_images("cat"), per_picture=2, size=16))
    for options, message in (
        ({"units": 8}, "units of relu1 go from 0 to 7: there is no 8"),
        ({"units": [0, -1, 12]}, "there is no -1, 12"),
        ({"units": []}, "none was asked for"),
        ({"k": 0}, "k=0"),
        ({"batch": 0}, "batch=0"),
    ):
        with pytest.raises(ValueError, match=message):
            top_patches(model, "relu1", two, **options)
    with pytest.raises(ValueError, match="stream is empty"):
        top_patches(model, "relu1", iter([]))
    with pytest.raises(ValueError, match="has no layer 'rellu1'"):
        top_patches(model, "rellu1", iter(two))
    model.net.conv1.bias[2] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        top_patches(model, "relu1", two)


def test_pictures_of_several_sizes_are_refused():
    model = tiny_network()
    small, large = (list(crops(load_images("cat"), per_picture=2, size=size)) for size in (12, 16))
    for batch in (2, 3):  # in two batches, and in one
        with pytest.raises(ValueError, match=r"\(12, 12\) and \(16, 16\)"):
            top_patches(model, "relu1", small + large, batch=batch)


def test_a_search_shows_the_best_so_far():
    model = tiny_network()
    stream = list(crops(load_images(["cat", "bear", "hen"]), per_picture=2, size=12))
    seen = list(search_patches(model, "relu1", iter(stream), k=2, batch=2))
    assert [read for read, _ in seen] == [2, 4, 6]
    for read, found in seen:
        alone = top_patches(model, "relu1", stream[:read], k=2)
        assert {unit: [(patch.name, patch.box) for patch in patches] for unit, patches in found.items()} == {
            unit: [(patch.name, patch.box) for patch in patches] for unit, patches in alone.items()
        }


def test_the_model_is_left_as_it_came():
    net = small_net()
    before = state(net)
    stream = list(crops(load_images("cat"), per_picture=3, size=8))
    top_patches(net, "first", stream)

    def broken():
        yield from stream
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        top_patches(net, "first", broken(), batch=2)
    assert state(net) == before
