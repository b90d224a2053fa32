"""Are filters shown in their colours and greys, at their places, for the layer that was named?"""

import numpy as np
import pytest
import torch
from small_net import small_net, state
from torch import nn

from cs182viz.techniques.weights import as_colours, as_greys, filters, weights_figure
from cs182viz.zoo import load_model, tiny_network


@pytest.fixture(scope="module")
def squeezenet():
    return load_model()


def test_colours_show_what_excites_bright_and_nothing_as_grey():
    weight = torch.zeros(3, 3, 1, 2)
    weight[0, 0, 0, 0] = 2.0  # red excites on the left
    weight[0, 2, 0, 1] = -1.0  # blue inhibits on the right
    weight[1] = 1e-6 * weight[0]
    tiles = as_colours(weight)
    expected = np.array([[[1, 0.5, 0.5], [0.5, 0.5, 0.25]]])
    np.testing.assert_allclose(tiles[0], expected)
    np.testing.assert_allclose(tiles[1], expected)  # each as far as it goes
    np.testing.assert_allclose(tiles[2], np.full((1, 2, 3), 0.5))  # a dead filter is flat
    assert not weight[2].any()
    with pytest.raises(ValueError, match="have colours"):
        as_colours(torch.zeros(2, 4, 3, 3))


def test_greys_of_one_unit_can_be_compared():
    weight = torch.tensor([[4.0, -2.0], [0.0, 0.5]])[:, :, None, None]
    np.testing.assert_allclose(as_greys(weight)[..., 0, 0], [[1, 0.25], [0.5, 1]])
    with pytest.raises(ValueError, match="units, channels"):
        as_greys(torch.zeros(3, 3))


def test_a_layer_s_name_leads_to_the_weights_before_its_relu(squeezenet):
    state_dict = squeezenet.state_dict()
    for layer, key in {
        "conv1": "net.features.0.weight",
        "net.features.0": "net.features.0.weight",
        "conv10": "net.classifier.1.weight",
        "net.features.3.expand3x3": "net.features.3.expand3x3.weight",
    }.items():
        assert torch.equal(filters(squeezenet, layer), state_dict[key]), layer
    tiny = tiny_network()
    assert torch.equal(filters(tiny, "relu2"), tiny.net.conv2.weight)
    assert torch.equal(filters(tiny, "logits")[..., 0, 0], tiny.net.logits.weight)


def test_a_layer_behind_a_normalisation_and_a_dropout():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Conv2d(4, 2, 1))
    assert torch.equal(filters(net, "2"), net[0].weight)
    assert torch.equal(filters(net, "3"), net[0].weight)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("fire2", r"3 layers with weights.*net\.features\.3\.squeeze, net\.features\.3\.expand1x1"),
        ("pool1", "no weights of its own"),
        ("pool10", "no weights of its own"),
        ("conv2", "has no layer 'conv2'"),
    ],
)
def test_layers_without_one_set_of_filters_are_refused(squeezenet, layer, message):
    with pytest.raises(ValueError, match=message):
        filters(squeezenet, layer)


def test_outside_a_sequential_the_order_is_not_guessed():
    net = small_net()
    before = state(net)
    with pytest.raises(ValueError, match="no weights of its own"):
        filters(net, "relu1")
    filters(net, "conv1").zero_()  # a copy
    assert state(net) == before


def dots(figure) -> np.ndarray:
    """The picture that a figure shows."""
    (ax,) = figure.axes
    (image,) = ax.images
    return np.asarray(image.get_array())


def test_a_first_layer_is_drawn_as_tiles_in_order():
    model = tiny_network()
    figure = weights_figure(model, "conv1", title="t", caption="c")
    tiles = as_colours(model.net.conv1.weight)  # 8 units: 4 a row
    mosaic = dots(figure)
    side = mosaic.shape[1] // 4
    assert mosaic.shape == (2 * side, 4 * side, 3)
    for unit in range(8):
        top, left = (unit // 4) * side, (unit % 4) * side
        tile = mosaic[top : top + side, left : left + side]
        np.testing.assert_array_equal(tile[0], 1.0)  # a white line around it
        inner = tile[1:-1, 1:-1]
        thirds = inner.shape[0] // 3
        np.testing.assert_allclose(inner[thirds // 2 :: thirds, thirds // 2 :: thirds], tiles[unit])
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "4"]
    assert figure.get_suptitle() == "t"


def test_chosen_units_and_channels_of_a_higher_layer_are_drawn_as_rows_and_columns():
    model = tiny_network()
    figure = weights_figure(model, "conv2", units=[5, 2], channels=[7, 0, 3])
    greys = as_greys(model.net.conv2.weight[[5, 2]])[:, [7, 0, 3]]
    # A row keeps its scale whatever channels are shown, or rows would not show what is left out
    mosaic = dots(figure)
    side = mosaic.shape[0] // 2
    for row in range(2):
        for column in range(3):
            inner = mosaic[row * side + 1 : (row + 1) * side - 1, column * side + 1 : (column + 1) * side - 1]
            thirds = inner.shape[0] // 3
            shown = inner[thirds // 2 :: thirds, thirds // 2 :: thirds]
            np.testing.assert_allclose(shown, np.repeat(greys[row, column][..., None], 3, axis=2))
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["5", "2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["7", "0", "3"]


def test_units_and_channels_that_are_not_there():
    model = tiny_network()
    with pytest.raises(ValueError, match="units 0 to 7"):
        weights_figure(model, "conv1", units=[8])
    with pytest.raises(ValueError, match="channels 0 to 7"):
        weights_figure(model, "conv2", channels=[-1])
    with pytest.raises(ValueError, match="units 0 to 15"):
        weights_figure(model, "conv2", units=[])
