"""What somebody at the back of the hall relies on: data, colours, limits, fonts, and no figure left open."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from cs182viz import canvas, plotting
from cs182viz.images import Picture


@pytest.fixture
def rng():
    return np.random.default_rng(182)


@pytest.fixture
def pictures(rng):
    return list(rng.integers(0, 256, (4, 20, 30, 3), dtype=np.uint8))


def every_figure(rng, pictures):
    points, maps = rng.normal(size=(4, 2)), rng.normal(size=(4, 20, 30))
    words = {"title": "What to see", "caption": "A sentence under it."}
    return {
        "image_grid": plotting.image_grid(pictures, titles=list("abcd"), **words),
        "saliency_grid": plotting.saliency_grid(pictures, {"backprop": maps}, titles=list("abcd"), **words),
        "overlay": plotting.overlay(pictures[0], maps[0], label="probability", **words),
        "comparison": plotting.comparison(*pictures[:2], **words),
        "curve": plotting.curve({"one": [3, 2, 1], "two": [4, 2, 1]}, logarithmic=True, **words),
        "embedding_scatter": plotting.embedding_scatter(points, [0, 0, 1, 1], **words),
        "thumbnail_scatter": plotting.thumbnail_scatter(points, pictures, **words),
    }


def drawn(figure):
    FigureCanvasAgg(figure).draw()
    return figure


def image_data(ax):
    (image,) = ax.get_images()
    return np.asarray(image.get_array())


def test_figures_are_readable_and_pyplot_knows_none_of_them(rng, pictures):
    for name, figure in every_figure(rng, pictures).items():
        assert isinstance(figure, Figure), name
        texts = [text for text in drawn(figure).findobj(Text) if text.get_text() and text.get_visible()]
        assert {"What to see", "A sentence under it."} <= {text.get_text() for text in texts}, name
        small = [text.get_text() for text in texts if text.get_fontsize() < 12 and "mathdefault" not in text.get_text()]
        assert not small, (name, small)
    assert plt.get_fignums() == []


def test_pictures_have_no_axes(rng, pictures):
    for name, figure in every_figure(rng, pictures).items():
        for ax in figure.axes:
            if ax.get_images():
                assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0, name
                assert not any(spine.get_visible() for spine in ax.spines.values()), name


@pytest.mark.parametrize(("columns", "shape"), [(None, (1, 4)), (3, (2, 3)), (1, (4, 1)), (9, (1, 4))])
def test_a_grid_has_an_axes_a_picture_in_reading_order(pictures, columns, shape):
    figure = plotting.image_grid(pictures, titles=list("abcd"), columns=columns)
    assert len(figure.axes) == 4
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == shape
    for ax, picture, title in zip(figure.axes, pictures, "abcd", strict=True):
        np.testing.assert_allclose(image_data(ax), picture / 255)
        assert ax.get_title() == title


def test_long_titles_wrap_and_do_not_collide(pictures):
    long = "station wagon, beach wagon, estate car, beach waggon, station waggon, waggon"
    figure = drawn(plotting.image_grid(pictures, titles=[long] * 4, title=long * 2, caption=long * 3))
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in [ax.title for ax in figure.axes]]
    boxes += [text.get_window_extent(renderer) for text in figure.texts]
    assert len(boxes) == 6
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


def test_every_kind_of_picture_is_drawn_as_the_same_picture(rng):
    array = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    image = Image.fromarray(array)
    labelled = Picture("x", image, 0, "tench", "a title", "an author", "CC0", "somewhere")
    kinds = [array, image, labelled, array / 255, torch.from_numpy(array), torch.from_numpy(array / 255)]
    for ax in plotting.image_grid(kinds).axes:
        np.testing.assert_allclose(image_data(ax), array / 255)


def test_a_grey_picture_is_drawn_from_black_to_white_whatever_its_own_range():
    figure = plotting.image_grid([np.full((4, 4), 0.5), np.eye(4, dtype=bool)])
    for ax in figure.axes:
        (image,) = ax.get_images()
        assert image.get_cmap().name == "gray"
        assert image.get_clim() == (0, 1)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([], "at least one"),
        (np.zeros((8, 8, 3)), r"write \[picture\]"),
        (Image.new("RGB", (8, 8)), r"write \[picture\]"),
        ([torch.zeros(3, 8, 8)], "deprocess"),
        (torch.zeros(2, 3, 8, 8), "deprocess"),
        ([np.full((8, 8, 3), 2.0)], "rescale"),
        ([np.full((8, 8, 3), np.nan)], "rescale"),
        ([np.zeros((8, 8, 3), np.int64)], "int64"),
    ],
)
def test_what_is_no_list_of_pictures_is_refused_with_a_way_out(images, says):
    with pytest.raises(ValueError, match=says):
        plotting.image_grid(images)


def test_saliency_maps_stand_below_their_pictures_in_inferno(rng, pictures):
    maps = torch.from_numpy(rng.uniform(size=(4, 20, 30))) * torch.tensor([1, 10, 100, 0])[:, None, None]
    figure = plotting.saliency_grid(pictures, maps, titles=list("abcd"))
    assert len(figure.axes) == 8
    for above, below, picture, values in zip(figure.axes[:4], figure.axes[4:], pictures, maps, strict=True):
        np.testing.assert_allclose(image_data(above), picture / 255)
        np.testing.assert_allclose(image_data(below), values)
        (image,) = below.get_images()
        assert image.get_cmap().name == "inferno"
        assert image.get_clim()[0] == values.min()
        assert values.max() * 0.95 <= image.get_clim()[1] <= values.max()
    top, bottom = (drawn(figure).axes[i].get_window_extent() for i in (0, 4))
    assert bottom.y1 <= top.y0
    assert bottom.x0 == pytest.approx(top.x0)


def test_signed_maps_have_their_white_at_zero(rng, pictures):
    values = rng.normal(loc=3, size=(20, 30))
    for figure in (
        plotting.saliency_grid(pictures[:1], [values], signed=True),
        plotting.overlay(pictures[0], values, signed=True),
    ):
        image = figure.axes[-1].get_images()[-1]
        assert image.get_cmap().name == "RdBu_r"
        low, high = image.get_clim()
        assert low == -high
        assert np.abs(values).max() * 0.9 <= high <= np.abs(values).max()


def test_one_extreme_pixel_does_not_leave_the_rest_dark(rng, pictures):
    values = rng.uniform(size=(40, 40))
    values[3, 5] = 1000
    for signed in (False, True):
        image = plotting.saliency_grid(pictures[:1], [values], signed=signed).axes[1].get_images()[0]
        assert image.get_clim()[1] <= 1.5


def test_maps_beside_a_picture_carry_their_names(rng, pictures):
    maps = {"saliency": rng.uniform(size=(20, 30)), "occlusion": rng.uniform(size=(5, 6))}
    figure = plotting.maps_beside(pictures[0], maps, title="two answers")
    assert [ax.get_title() for ax in figure.axes] == ["picture", "saliency", "occlusion"]
    np.testing.assert_allclose(image_data(figure.axes[0]), pictures[0] / 255)
    for ax, values in zip(figure.axes[1:], maps.values(), strict=True):
        np.testing.assert_allclose(image_data(ax), values)
        assert ax.get_images()[0].get_cmap().name == "inferno"


def test_several_rows_of_maps_carry_their_names(rng, pictures):
    rows = {"backprop": rng.normal(size=(4, 20, 30)), "guided": rng.normal(size=(4, 20, 30))}
    figure = plotting.saliency_grid(pictures, rows)
    assert len(figure.axes) == 12
    assert [figure.axes[i].get_ylabel() for i in (0, 4, 8)] == ["", "backprop", "guided"]


def test_maps_must_match_their_pictures_and_be_finite(pictures):
    with pytest.raises(ValueError, match="4 pictures, got 3"):
        plotting.saliency_grid(pictures, np.zeros((3, 8, 8)))
    with pytest.raises(ValueError, match=r"\(H, W\), got \(3, 8, 8\)"):
        plotting.saliency_grid(pictures[:1], np.zeros((1, 3, 8, 8)))
    with pytest.raises(ValueError, match="NaN"):
        plotting.overlay(pictures[0], np.full((8, 8), np.nan))
    with pytest.raises(ValueError, match="one title for each of 4"):
        plotting.image_grid(pictures, titles=["a"])


def test_an_overlaid_map_covers_its_whole_picture_however_coarse_it_is(rng, pictures):
    figure = plotting.overlay(pictures[0], rng.uniform(size=(3, 5)), label="probability of cat")
    picture, coarse = figure.axes[0].get_images()
    assert picture.get_extent() == coarse.get_extent()
    assert 0 < coarse.get_alpha() < 1
    assert figure.axes[1].get_ylabel() == "probability of cat"


@pytest.mark.parametrize("magnify", [1, 7.5])
def test_a_comparison_s_third_panel_is_after_minus_before_magnified(rng, magnify):
    before, after = rng.uniform(0.4, 0.6, (2, 8, 9))
    figure = plotting.comparison(before, after, magnify=magnify)
    assert len(figure.axes) == 3
    for ax, expected in zip(figure.axes, (before, after, (after - before) * magnify), strict=True):
        np.testing.assert_allclose(image_data(ax), expected)
    (image,) = figure.axes[2].get_images()
    assert image.get_cmap().name == "RdBu_r"
    assert image.get_clim() == (-1, 1)
    assert [ax.get_title() for ax in figure.axes[:2]] == ["before", "after"]
    assert ("7.5" in figure.axes[2].get_title()) == (magnify == 7.5)


def test_a_coloured_difference_shows_the_channel_that_changed_most():
    before = np.full((1, 2, 3), 0.5)
    after = before + np.array([[0.1, -0.3, 0.2], [0.0, 0.0, 0.05]])
    np.testing.assert_allclose(image_data(plotting.comparison(before, after, magnify=2).axes[2]), [[-0.6, 0.1]])


@pytest.mark.parametrize(("change", "factor"), [(0.9, 1), (0.5, 2), (0.19, 5), (0.011, 50), (0.0, 1), (1e-9, 5000)])
def test_the_magnification_is_a_round_number_that_cuts_nothing_off(change, factor):
    before = np.zeros((2, 2))
    figure = plotting.comparison(before, before + change)
    np.testing.assert_allclose(image_data(figure.axes[2]), change * factor)
    assert figure.axes[2].get_title() == ("difference" if factor == 1 else f"difference x {factor}")


def test_pictures_of_two_sizes_cannot_be_compared(pictures):
    with pytest.raises(ValueError, match="same shape"):
        plotting.comparison(pictures[0], pictures[0][1:])


def test_a_curve_draws_its_values_and_names_its_series():
    figure = plotting.curve({"sgd": torch.tensor([4.0, 2.0, 1.0]), "momentum": [4, 1]}, logarithmic=True)
    (ax,) = figure.axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[4, 2, 1], [4, 1]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["sgd", "momentum"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("step", "loss", "log")
    assert plotting.curve([3, 2, 1]).axes[0].get_legend() is None


def test_an_embedding_colours_each_class_and_writes_its_name_amid_it(rng):
    points, labels = rng.normal(size=(60, 2)), np.repeat([2, 5, 7], 20)
    names = {2: "two", 5: "five", 7: "seven"}
    figure = plotting.embedding_scatter(torch.from_numpy(points), torch.from_numpy(labels), title="t", names=names)
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == ["two", "five", "seven"]
    for kind, colour, dots, text in zip([2, 5, 7], range(3), ax.collections, ax.texts, strict=True):
        own = points[labels == kind]
        np.testing.assert_allclose(dots.get_offsets(), own)
        np.testing.assert_allclose(dots.get_facecolor()[0, :3], plotting.TAB10(colour)[:3])
        assert (own.min(axis=0) <= text.get_position()).all()
        assert (text.get_position() <= own.max(axis=0)).all()


def test_an_embedding_draws_into_given_axes():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plotting.embedding_scatter(np.eye(2), [0, 1], title="PCA", ax=left) is figure
    assert plotting.thumbnail_scatter(np.eye(2), [np.eye(4)] * 2, title="Digits", ax=right) is figure
    assert len(figure.axes) == 2
    assert (left.get_title(), right.get_title()) == ("PCA", "Digits")


def test_an_embedding_needs_finite_points_a_label_each_and_at_most_ten_classes():
    with pytest.raises(ValueError, match="diverged"):
        plotting.embedding_scatter(np.full((3, 2), np.nan), [0, 1, 2], title="t")
    with pytest.raises(ValueError, match=r"\(N, 2\)"):
        plotting.embedding_scatter(np.zeros((3, 3)), [0, 1, 2], title="t")
    with pytest.raises(ValueError, match="one label for each of 3"):
        plotting.embedding_scatter(np.zeros((3, 2)), [0, 1], title="t")
    with pytest.raises(ValueError, match="got 11 classes"):
        plotting.embedding_scatter(np.zeros((11, 2)), range(11), title="t")
    with pytest.raises(ValueError, match="one picture for each of 3"):
        plotting.thumbnail_scatter(np.zeros((3, 2)), [np.eye(4)])


def test_thumbnails_lie_where_their_points_are():
    red, blue = np.zeros((4, 4, 3)), np.zeros((4, 4, 3))
    red[..., 0], blue[..., 2] = 1, 1
    figure = plotting.thumbnail_scatter([[0, 0], [5, 9]], [red, blue], thumbnail=10, pixels=100)
    shown = image_data(figure.axes[0])
    np.testing.assert_array_equal(shown[90:, :10], np.broadcast_to([255, 0, 0], (10, 10, 3)))
    np.testing.assert_array_equal(shown[:10, 90:], np.broadcast_to([0, 0, 255], (10, 10, 3)))
    assert (shown == 255).all(axis=2).sum() == 100 * 100 - 200, "the rest is white"


def test_what_is_drawn_is_a_copy(rng):
    picture = rng.uniform(size=(4, 4, 3))
    before = picture.copy()
    canvas.as_picture(picture)[:] = 0
    np.testing.assert_array_equal(picture, before)
