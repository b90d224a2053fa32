"""The pictures that DeepVis shows, against what they stand for."""

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz import layers, zoo
from cs182viz.demos.deepvis import units as up
from cs182viz.images import load_images


@pytest.fixture
def tiny():
    return zoo.tiny_network(seed=3)


def neuron_gradient(img, model, layer, channel):
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    middle = [side // 2 for side in activation.shape[2:]]
    return torch.autograd.grad(activation[(0, channel, *middle)], leaf)[0]


def test_each_map_lies_in_its_cell_of_the_grid():
    maps = torch.zeros(11, 5, 5)
    maps[6] = 3.0
    grid = up.grid_picture(maps, 200)
    assert grid.columns == 4
    assert grid.image.width == 4 * grid.cell <= 200
    shown = np.asarray(grid.image.convert("RGB")).sum(axis=2)  # (H, W)
    cells = shown.reshape(3, grid.cell, 4, grid.cell).swapaxes(1, 2).reshape(12, grid.cell, grid.cell)
    brightness = cells[:, :-1, :-1].mean(axis=(1, 2))
    assert brightness.argmax() == 6
    assert len(set(np.delete(brightness, 6).tolist())) == 1


def test_one_scale_holds_for_the_whole_layer_and_negative_answers_are_black():
    maps = torch.stack([torch.full((2, 2), value) for value in (-5.0, 0.0, 1.0, 2.0)])
    cells = up.grid_picture(maps, 40).image
    corners = [cells.convert("RGB").getpixel((column * 20 + 3, row * 20 + 3)) for row in (0, 1) for column in (0, 1)]
    assert corners[0] == corners[1] == tuple(up.INFERNO[0])
    assert sum(corners[1]) < sum(corners[2]) < sum(corners[3])
    assert not np.asarray(up.grid_picture(torch.zeros(4, 3, 3), 40).image)[:9, :9].any()  # no division by zero


def test_the_picture_is_bright_where_the_unit_answers():
    picture = np.full((40, 40, 3), 200, np.uint8)
    activation = torch.zeros(4, 4)
    activation[0, 3] = 7.0
    shown = np.asarray(up.activation_over(picture, activation))[..., 0]
    assert np.unravel_index(shown.argmax(), shown.shape)[0] < 10
    assert np.unravel_index(shown.argmax(), shown.shape)[1] >= 30
    assert shown[20:, :20].max() == round(200 * 0.12)
    assert (np.asarray(up.activation_over(picture, torch.zeros(4, 4))) == round(200 * 0.12)).all()


def test_no_gradient_is_middle_grey_and_signs_go_apart():
    gradient = torch.zeros(1, 3, 4, 4)
    assert set(np.unique(np.asarray(up.gradient_picture(gradient)))) == {128}
    gradient[0, 0, 0, 0], gradient[0, 0, 0, 1] = 2.0, -2.0
    red = np.asarray(up.gradient_picture(gradient))[..., 0]
    assert red[0, 0] == 255
    assert red[0, 1] == 0
    assert red[1, 1] == 128


def test_patches_found_a_few_pictures_at_a_time_are_those_of_all_at_once():
    model = zoo.tiny_network(seed=5, dtype=torch.float32)
    pictures = load_images(["cat", "espresso", "panda", "macaw", "koala", "bison", "hen"])
    *_, (share, found) = up.patches_so_far(model, "relu1", pictures)
    assert share == 1
    for unit in (0, 4):
        activations = {}
        for patch in found[unit]:
            x = model.preprocess(patch.picture)
            activations[patch.name] = float(layers.activations(model, x, "relu1")["relu1"][0, unit].max())
            assert patch.value == pytest.approx(activations[patch.name], rel=0.02)
        values = [patch.value for patch in found[unit]]
        assert values == sorted(values, reverse=True)
        assert len({patch.name for patch in found[unit]}) == len(values) == 7  # each picture counts once


def test_the_sheet_has_the_strongest_patch_first():
    patches = [
        up.Patch(9 - i, Image.new("RGB", (30, 30), (i * 20, 0, 0)), (0, 0), (5, 5, 25, 25), f"picture {i}")
        for i in range(9)
    ]
    sheet = up.patch_sheet(patches, 210)
    places = [sheet.getpixel((35 + column * 71, 35 + row * 71)) for row in range(3) for column in range(3)]
    assert [red for red, _, _ in places] == [20 * i for i in range(9)]


def test_a_silent_unit_is_woken_and_a_loud_one_gets_its_own_gradient(tiny):
    image = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    maps = layers.activations(tiny, image, "relu2")["relu2"][0, :, 4, 4]
    silent, loud = int((maps == 0).nonzero()[0]), int(maps.argmax())
    woken = up.woken(neuron_gradient)
    assert not neuron_gradient(image, tiny, "relu2", silent).any()
    assert torch.equal(woken(image, tiny, "relu2", loud), neuron_gradient(image, tiny, "relu2", loud))
    gradient = woken(image, tiny, "relu2", silent)
    before = layers.activations(tiny, image, "conv2")["conv2"][0, silent, 4, 4]
    after = layers.activations(tiny, image + 0.1 * gradient / gradient.norm(), "conv2")["conv2"][0, silent, 4, 4]
    assert after > before  # it rises towards the ReLU's threshold
    *_, (_, first) = up.optimised_pictures(neuron_gradient, tiny, "relu2", silent, [], steps=1)
    *_, (_, last) = up.optimised_pictures(neuron_gradient, tiny, "relu2", silent, [], steps=30)
    assert np.asarray(last).std() > np.asarray(first).std()
