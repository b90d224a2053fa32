"""Is the cut the cheapest of all labellings, and are seeds and borders of colour respected?"""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import multivariate_normal

from cs182viz.techniques import segmentation

SQUARE = np.zeros((20, 24), dtype=bool)
SQUARE[5:15, 6:18] = True


def neighbours(shape, connectivity):
    """Pairs of pixels ((row, column), (row, column)) with their distance, written without index tricks."""
    pixels = list(itertools.product(range(shape[0]), range(shape[1])))
    for p, q in itertools.combinations(pixels, 2):
        down, right = abs(p[0] - q[0]), abs(p[1] - q[1])
        if down + right == 1 or (connectivity == 8 and down == right == 1):
            yield p, q, np.hypot(down, right)


def energy(labels, foreground_cost, background_cost, pairs):
    unary = np.where(labels, foreground_cost, background_cost).sum()
    return unary + sum(weight for p, q, weight in pairs if labels[p] != labels[q])


def cheapest(foreground_cost, background_cost, pairs):
    """Least energy of all 2^n labellings."""
    size = foreground_cost.size
    labels = np.arange(2**size)[:, None] >> np.arange(size) & 1  # (2^n, n)
    energies = np.where(labels, foreground_cost.ravel(), background_cost.ravel()).sum(axis=1)
    index = np.arange(size).reshape(foreground_cost.shape)
    for p, q, weight in pairs:
        energies += weight * (labels[:, index[p]] != labels[:, index[q]])
    return energies.min()


def to_edges(pairs, shape):
    index = np.arange(np.prod(shape)).reshape(shape)
    return np.array([[index[p], index[q]] for p, q, _ in pairs]), np.array([weight for *_, weight in pairs])


@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (1, 7), (5, 2)])
@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("seed", range(25))
def test_min_cut_is_the_cheapest_of_all_labellings(shape, connectivity, seed):
    rng = np.random.default_rng(seed)
    foreground_cost, background_cost = rng.normal(size=(2, *shape)) * 2
    foreground_cost[0, 0], background_cost[-1, -1] = np.inf, np.inf
    pairs = [(p, q, rng.uniform(0, 2)) for p, q, _ in neighbours(shape, connectivity)]
    mask = segmentation.min_cut(foreground_cost, background_cost, *to_edges(pairs, shape))
    least = cheapest(foreground_cost, background_cost, pairs)
    assert np.isfinite(least)
    assert energy(mask, foreground_cost, background_cost, pairs) == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize(("smoothness", "sigma"), [(0.5, 0.3), (3.0, None), (30.0, 0.2)])
@pytest.mark.parametrize("seed", range(4))
def test_segment_minimises_the_energy_of_the_formula(connectivity, smoothness, sigma, seed):
    """With one Gaussian per colour model everything can be written down again from the formula."""
    rng = np.random.default_rng(seed)
    image = rng.random((3, 4, 3))
    image[:, :2] *= 0.6
    foreground, background = np.zeros((3, 4), dtype=bool), np.zeros((3, 4), dtype=bool)
    foreground[0, :2] = foreground[1, 1] = background[2, 2:] = background[1, 3] = True

    def cost(seeds, other):
        colours = image[seeds]
        covariance = np.cov(colours.T, bias=True) + 1e-4 * np.eye(3)
        density = multivariate_normal(colours.mean(0), covariance).pdf(image)
        return np.where(other, np.inf, -np.log(0.99 * density + 0.01))

    pairs = list(neighbours(image.shape[:2], connectivity))
    squares = np.array([((image[p] - image[q]) ** 2).sum() for p, q, _ in pairs])
    variance = squares.mean() if sigma is None else sigma**2
    weights = smoothness * np.exp(-squares / (2 * variance)) / [distance for *_, distance in pairs]
    pairs = [(p, q, weight) for (p, q, _), weight in zip(pairs, weights, strict=True)]
    mask = segmentation.segment(
        image, foreground, background, smoothness=smoothness, sigma=sigma, components=1, connectivity=connectivity
    )
    costs = cost(foreground, background), cost(background, foreground)
    assert energy(mask, *costs, pairs) == pytest.approx(cheapest(*costs, pairs), abs=1e-4)


def test_colour_cost_is_the_formula_s():
    image, seeds = np.random.default_rng(5).random((5, 6, 3)), np.eye(5, 6, dtype=bool)
    colours = image[seeds]
    gaussian = multivariate_normal(colours.mean(0), np.cov(colours.T, bias=True) + 1e-4 * np.eye(3))
    expected = -np.log(0.99 * gaussian.pdf(image) + 0.01)
    assert np.allclose(segmentation.colour_cost(image, seeds, components=1), expected)


class TestSegment:
    @pytest.mark.parametrize("connectivity", [4, 8])
    @pytest.mark.parametrize("convert", [np.asarray, Image.fromarray, lambda image: image / 255])
    def test_two_colours_exactly(self, connectivity, convert):
        image = np.where(SQUARE[..., None], [200, 40, 40], [30, 90, 160]).astype(np.uint8)
        foreground, background = np.zeros_like(SQUARE), np.zeros_like(SQUARE)
        foreground[9, 10] = background[0, 0] = True
        mask = segmentation.segment(convert(image), foreground, background, connectivity=connectivity)
        assert mask.dtype == bool
        assert np.array_equal(mask, SQUARE)

    def test_grey_picture_under_noise(self):
        noise = np.random.default_rng(0).normal(scale=0.12, size=SQUARE.shape)
        image = np.clip(np.where(SQUARE, 0.7, 0.3) + noise, 0, 1)
        foreground, background = np.zeros_like(SQUARE), np.zeros_like(SQUARE)
        foreground[8:12, 9:14] = background[:3] = True
        mask = segmentation.segment(image, foreground, background, components=1, sigma=0.5)
        alone = segmentation.segment(image, foreground, background, components=1, smoothness=0)
        assert (mask != SQUARE).mean() < 0.01 < (alone != SQUARE).mean()

    @pytest.mark.parametrize("smoothness", [0.0, 10.0, 1e4])
    def test_seeds_keep_their_labels(self, smoothness):
        rng = np.random.default_rng(1)
        kind = rng.integers(0, 4, (30, 30))
        image = rng.integers(0, 256, (30, 30, 3), dtype=np.uint8)
        mask = segmentation.segment(image, kind == 0, kind == 1, smoothness=smoothness)
        assert mask[kind == 0].all()
        assert not mask[kind == 1].any()

    def test_without_smoothness_each_pixel_goes_to_the_likelier_model(self):
        rng = np.random.default_rng(2)
        image, kind = rng.random((16, 16, 3)), rng.integers(0, 8, (16, 16))
        mask = segmentation.segment(image, kind == 0, kind == 1, smoothness=0)
        likelier = segmentation.colour_cost(image, kind == 0) < segmentation.colour_cost(image, kind == 1)
        assert np.array_equal(mask[kind > 1], likelier[kind > 1])

    def test_same_input_same_mask_and_inputs_untouched(self):
        rng = np.random.default_rng(3)
        image, saliency = rng.random((60, 80, 3)), rng.random((60, 80))
        foreground, background = saliency > 0.5, saliency < 0.4  # more seeds than a colour model is fitted to
        copies = image.copy(), foreground.copy(), background.copy()
        first = segmentation.segment(image, foreground, background)
        assert np.array_equal(first, segmentation.segment(image, foreground.astype(int), background))
        assert all(np.array_equal(a, b) for a, b in zip(copies, (image, foreground, background), strict=True))

    def test_one_colour_only(self):
        foreground, background = np.eye(6, dtype=bool), np.eye(6, dtype=bool)[::-1]
        mask = segmentation.segment(np.full((6, 6, 3), 0.5), foreground, background)
        assert mask[foreground].all()
        assert not mask[background].any()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"image": np.zeros((3, 8, 8))}, r"image has shape \(3, 8, 8\); expected \(H, W, 3\)"),
            ({"image": np.full((8, 8, 3), 1.5)}, "uint8, or floats in 0..1"),
            ({"image": np.full((8, 8, 3), np.nan)}, "uint8, or floats in 0..1"),
            ({"image": np.zeros((8, 8, 3), dtype=int)}, "uint8, or floats in 0..1"),
            ({"foreground_seeds": np.eye(7)}, r"foreground seeds have shape \(7, 7\); expected the image's, \(8, 8\)"),
            ({"foreground_seeds": np.zeros((8, 8))}, "no foreground seeds"),
            ({"background_seeds": np.zeros((8, 8))}, "no background seeds"),
            ({"background_seeds": np.full((8, 8), 0.3)}, "background seeds have to be a mask"),
            ({"background_seeds": np.ones((8, 8))}, "8 pixels are seeds of both kinds"),
            ({"connectivity": 6}, "choose 4 or 8 neighbours"),
            ({"smoothness": -1.0}, "smoothness -1.0 has to be at least 0"),
            ({"sigma": 0.0}, "sigma 0.0 above 0"),
        ],
    )
    def test_bad_input(self, change, message):
        right = {"image": np.zeros((8, 8, 3)), "foreground_seeds": np.eye(8), "background_seeds": np.eye(8, k=1)}
        arguments = right | change
        with pytest.raises(ValueError, match=message):
            segmentation.segment(
                arguments.pop("image"),
                arguments.pop("foreground_seeds"),
                arguments.pop("background_seeds"),
                **arguments,
            )


def quantile_seeds(saliency, foreground, background):
    return saliency > saliency.quantile(foreground), saliency < saliency.quantile(background)


class TestSegmentSaliency:
    image = np.where(SQUARE[..., None], [200, 40, 40], [30, 90, 160]).astype(np.uint8)

    def saliency(self, *peaks):
        """A map that is highest at the given pixels and rises a little everywhere, so that quantiles differ."""
        saliency = torch.linspace(0, 0.1, SQUARE.size).reshape(SQUARE.shape).clone()
        for peak in peaks:
            saliency[peak] = 1.0
        return saliency

    def test_finds_the_object_under_the_peak(self):
        saliency = self.saliency((9, 10))
        mask = segmentation.segment_saliency(self.image, saliency, quantile_seeds, foreground=0.998, background=0.1)
        assert np.array_equal(mask, SQUARE)

    def test_a_box_chooses_among_two_objects(self):
        two = SQUARE.copy()
        two[:, 11:13] = False  # the square is now two of one colour
        image = np.where(two[..., None], [200, 40, 40], [30, 90, 160]).astype(np.uint8)
        saliency = self.saliency((9, 8), (9, 15), (10, 15))
        mask = segmentation.segment_saliency(
            image, saliency, quantile_seeds, foreground=0.998, background=0.1, box=(0, 0, 20, 12)
        )
        assert np.array_equal(mask[:, :12], two[:, :12])
        assert not mask[:, 12:].any()

    @pytest.mark.parametrize("box", [(0, 0, 21, 24), (-1, 0, 5, 5), (5, 5, 5, 9), (3, 9, 8, 9)])
    def test_a_box_lies_within_the_picture(self, box):
        with pytest.raises(ValueError, match="does not lie within a picture of 20x24"):
            segmentation.segment_saliency(self.image, self.saliency(), quantile_seeds, box=box)

    def test_a_map_of_another_size_is_refused(self):
        with pytest.raises(ValueError, match=r"shape \(24, 20\); expected the image's, \(20, 24\)"):
            segmentation.segment_saliency(self.image, self.saliency().T, quantile_seeds)
