"""Are thumbnails where the page looks for them, in the colours that it should see?"""

import io

import numpy as np
import pytest
from PIL import Image

from cs182viz.demos.page import sprites

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (250, 250, 0), (0, 250, 250)]


@pytest.fixture
def photographs():
    return [Image.new("RGB", (80, 50), colour) for colour in COLOURS]


def test_each_square_holds_its_picture(photographs):
    sheet = sprites.make_sheet(photographs)
    assert sheet.columns == 3
    assert sheet.image.size == (3 * sheet.cell, 2 * sheet.cell)
    for i, colour in enumerate(COLOURS):
        assert sheet.square(i).getpixel((sheet.cell // 2, sheet.cell // 2)) == (*colour, 255)


def test_a_page_reads_the_sheet_back(photographs):
    sheet = sprites.make_sheet(photographs)
    read = Image.open(io.BytesIO(sheet.encoded())).convert("RGB")
    assert read.size == sheet.image.size
    difference = np.abs(np.asarray(read, int) - np.asarray(sheet.image.convert("RGB"), int))
    assert difference[: sheet.cell].mean() < 6  # of 255


def test_photographs_are_cut_to_their_middle_square():
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, :26] = wide[:, 74:] = 255  # a filter may look a little beyond the square
    sheet = sprites.make_sheet([wide])
    assert np.asarray(sheet.image)[..., :3].max() == 0


def test_digits_are_ink_of_their_colour_on_nothing():
    digit = np.zeros((8, 8))
    digit[:, 3:5] = 1
    drawn = np.asarray(sprites.make_sheet([digit], inks=["#ff7f0e"]).image)
    middle, edge = drawn[drawn.shape[0] // 2, drawn.shape[1] // 2], drawn[0, 0]
    assert middle.tolist() == [0xFF, 0x7F, 0x0E, 255]
    assert edge[3] == 0


def test_scatter_puts_points_where_they_belong_with_y_upwards():
    canvas = sprites.scatter(np.array([[-1, 1], [1, -1]]), 200, inks=["#ff0000", "#0000ff"])
    assert canvas.getpixel((34, 34)) == (255, 0, 0)
    assert canvas.getpixel((166, 166)) == (0, 0, 255)
    assert canvas.getpixel((166, 34)) == (255, 255, 255)


def test_scatter_of_thumbnails(photographs):
    points = np.array([[0, 0], [1, 1], [1, -1], [-1, 1], [-1, -1]])
    canvas = sprites.scatter(points, 300, inks=[], sheet=sprites.make_sheet(photographs))
    assert canvas.getpixel((150, 150)) == COLOURS[0]
    assert canvas.getpixel((266, 34)) == COLOURS[1]
