"""Are crops squares of the picture that they name, made one at a time, the same for the same seed?"""

from itertools import count, islice

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz import imageops
from cs182viz.images import Picture, load_images
from cs182viz.techniques.patches.crops import crops


def picture(width: int, height: int, name: str = "gradient") -> Picture:
    """A picture whose red and green say where a pixel lies."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    image = Image.fromarray(np.stack([x, y, 0 * x], axis=2).astype(np.uint8))
    return Picture(name, image, 0, "", "", "", "", "")


def test_boxes_are_squares_inside_the_picture_of_the_sizes_asked_for():
    wide = picture(90, 60)
    found = list(crops([wide], sizes=(1.0, 0.5, 0.25), per_picture=60, seed=1))
    sides = [60, 30, 15] * 20
    for crop, side in zip(found, sides, strict=True):
        top, left, bottom, right = crop.box
        assert bottom - top == right - left == side
        assert top >= 0
        assert left >= 0
        assert bottom <= 60
        assert right <= 90
        pixels = np.asarray(crop.image)
        assert pixels.shape == (side, side, 3)
        assert tuple(pixels[0, 0, :2]) == (left, top)
        assert tuple(pixels[-1, -1, :2]) == (right - 1, bottom - 1)
    smallest = [crop.box for crop in found[2::3]]
    assert {top for top, *_ in smallest} & set(range(5))  # the places reach up to all sides
    assert {right for *_, right in smallest} & set(range(85, 91))
    assert len(set(smallest)) > 15


def test_the_tensor_is_the_preprocessed_square():
    crop = next(crops([picture(90, 60)], sizes=(0.5,), size=12, seed=3))
    top, left, bottom, right = crop.box
    cut = np.asarray(crop.picture.image)[top:bottom, left:right]
    torch.testing.assert_close(crop.tensor, imageops.preprocess(cut, size=12))
    assert crop.tensor.shape == (1, 3, 12, 12)


def test_pictures_are_read_one_at_a_time_from_a_stream_without_end():
    read = []

    def endless():
        for number in count():
            read.append(number)
            yield picture(20, 20, name=str(number))

    found = list(islice(crops(endless(), per_picture=3), 7))
    assert [crop.picture.name for crop in found] == ["0", "0", "0", "1", "1", "1", "2"]
    assert read == [0, 1, 2]


def test_the_seed_decides_and_the_global_generator_is_left_alone():
    pictures, state = load_images(["cat", "bear"]), torch.get_rng_state()
    first, again, other = ([crop.box for crop in crops(pictures, seed=seed)] for seed in (1, 1, 2))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": ()}, "sizes are shares"),
        ({"sizes": (0.5, 1.2)}, "sizes are shares"),
        ({"sizes": (0,)}, "sizes are shares"),
        ({"per_picture": 0}, "per_picture=0"),
        ({"size": 0}, "size=0"),
    ],
)
def test_wrong_options_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        crops([picture(20, 20)], **options)
