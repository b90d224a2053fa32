"""DeepVis and Occlude without a browser: what a student's function may do, what stays as it was, what is kept."""

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz import demos, layers, zoo
from cs182viz.images import load_images
from grading.masters.solutions import load

SOON = 300  # seconds to wait for what takes a few, on a busy machine


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    """How far a picture is optimised is not what is tested here."""
    monkeypatch.setattr("cs182viz.demos.deepvis.demo.STEPS", 6)


@pytest.fixture(scope="module")
def model():
    return zoo.tiny_network(seed=2, dtype=torch.float32)


@pytest.fixture(scope="module")
def masters():
    return {
        "relu_backward": load("saliency").relu_backward,
        "neuron_gradient": load("class_visualization").neuron_gradient,
    }


@pytest.fixture
def pictures():
    return load_images(["cat", "panda"])


def relu_backward(grad_output, x, rule):
    raise NotImplementedError("return the signal that each rule lets pass")


def test_deepvis_shows_everything_and_leaves_the_model_alone(model, masters, pictures, tmp_path):
    before = layers.weights_hash(model)
    demo = demos.DeepVis(model, **masters, pictures=pictures, layer="relu1", keep=tmp_path / "kept.png")
    blank = demo._page.tiles["optimised"].value
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    shown = [tile.value for tile in demo._page.tiles.values()]
    assert len(set(shown)) == len(shown)
    assert blank not in shown
    x = model.preprocess(pictures[0])
    strongest = layers.activations(model, x, "relu1")["relu1"][0].amax(dim=(1, 2)).argmax()
    assert f"relu1, unit {strongest}:" in demo._page.unit.value
    assert Image.open(tmp_path / "kept.png").width > 1000
    assert layers.weights_hash(model) == before
    for module in (*model.modules(), *demo._model.modules()):
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    demo.close()


@pytest.mark.parametrize("layer", ["conv1", "pool2", "logits"])
def test_deepvis_takes_layers_without_a_map_and_before_their_relu(model, masters, pictures, layer):
    demo = demos.DeepVis(model, **masters, pictures=pictures, layer=layer)
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    assert f"{layer}, unit " in demo._page.unit.value
    demo.close()


def test_a_function_that_is_not_written_yet_costs_only_its_own_picture(model, masters, pictures):
    demo = demos.DeepVis(model, **{**masters, "relu_backward": relu_backward}, pictures=pictures, layer="relu1")
    blank = demo._page.tiles["gradient"].value
    assert demo.worker.idle.wait(SOON)
    assert "relu_backward is not written yet: return the signal that each rule lets pass." in demo._status.value
    assert demo._page.tiles["gradient"].value == blank
    assert blank not in [demo._page.tiles[name].value for name in ("answers", "patches", "optimised")]
    demo.close()


def test_an_unknown_layer_is_refused_at_once(model, masters, pictures):
    with pytest.raises(layers.UnknownLayerError, match="relu1"):
        demos.DeepVis(model, **masters, pictures=pictures, layer="relu9")


def test_a_finished_picture_is_there_at_once_when_its_unit_comes_back(model, masters, pictures):
    demo = demos.DeepVis(model, **masters, pictures=pictures, layer="relu1")
    seen = {}
    for unit in (0, 1, 0):
        demo._choose_unit(unit)
        assert demo.worker.idle.wait(SOON)
        seen.setdefault(unit, []).append(demo._page.tiles["optimised"].value)
    assert seen[0][0] == seen[0][1] != seen[1][0]
    demo.close()


def test_occlude_says_what_the_network_says(model, pictures, tmp_path):
    demo = demos.Occlude(model, pictures, keep=tmp_path / "kept.png")
    for top, left, patch in [(10, 20, 56), (60, 100, 30), (0, 0, 112)]:
        demo._change(top=top, left=left, patch=patch)
        assert demo.worker.idle.wait(SOON)
        x = model.preprocess(pictures[0])
        bare = model(x).softmax(dim=1)[0]
        x[..., top : top + patch, left : left + patch] = 0
        covered = model(x).softmax(dim=1)[0]
        bars = {bar.name: bar for bar in demo._bars}
        assert [bar.name for bar in demo._bars[:5]] == [model.class_name(int(i)) for i in bare.topk(5).indices]
        assert model.class_name(int(covered.argmax())) in bars
        for name, bar in bars.items():
            assert bar.now == pytest.approx(float(covered[model.class_index(name)]), abs=1e-5)
            assert bar.before == pytest.approx(float(bare[model.class_index(name)]), abs=1e-5)
    assert Image.open(tmp_path / "kept.png").width > 900
    demo.close()


def test_the_square_stays_within_the_picture(model, pictures):
    demo = demos.Occlude(model, pictures)
    demo._change(top=-50, left=9999)
    demo._patch.value = 112
    assert (demo._scene.top, demo._scene.left, demo._scene.patch) == (0, 112, 112)
    demo.close()


def test_the_whole_map_is_bright_where_the_class_is_lost(model, pictures):
    demo = demos.Occlude(model, pictures)
    demo._map.value = True
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    brightness = np.asarray(demo._heat.convert("L"), dtype=float)
    assert brightness.shape == (224, 224)
    x = model.preprocess(pictures[0])
    label = int(model(x).argmax())

    def left_at(row, column):
        top, left = (int(np.clip(place - 28, 0, 168)) for place in (row, column))
        covered = x.clone()
        covered[..., top : top + 56, left : left + 56] = 0
        return float(model(covered).softmax(dim=1)[0, label])

    darkest, lightest = (np.unravel_index(at, brightness.shape) for at in (brightness.argmin(), brightness.argmax()))
    assert left_at(*lightest) < left_at(*darkest)
    demo.close()
