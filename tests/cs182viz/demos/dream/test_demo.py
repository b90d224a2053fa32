"""StyleAndDream without a browser: what evolves from what, and what its buttons do."""

import io
import time

import numpy as np
import pytest
import torch
from PIL import Image
from plain_style import content_loss, gram_matrix, style_loss, tv_loss

from cs182viz import demos, imageops, layers, zoo
from cs182viz.demos.dream.controls import DREAM, STYLE
from cs182viz.images import load_images
from cs182viz.techniques.deepdream.dream import climb, half_square
from cs182viz.techniques.deepdream.zoom import zoom

SOON = 120
RECIPE = {"content_layer": "conv2", "style_layers": ["relu1", "relu2"], "style_weights": [1e5, 1e5]}


@pytest.fixture(scope="module")
def model():
    return zoo.tiny_network(seed=2, dtype=torch.float32)


@pytest.fixture
def make(model, tmp_path, monkeypatch):
    """``make(**options)`` gives a small and short demonstration; all are closed in the end."""
    monkeypatch.setattr("cs182viz.demos.dream.demo.FRAMES", 12)
    monkeypatch.setattr("cs182viz.demos.dream.demo.STEPS", (8, 4, 4))
    made = []

    def make_demo(**options):
        functions = {"content_loss": content_loss, "gram_matrix": gram_matrix, "style_loss": style_loss}
        functions |= {"deepdream_step": climb(half_square), "tv_loss": tv_loss}
        more = {"pictures": load_images(["macaw", "panda"]), "recipe": RECIPE, "size": 24, "saved": tmp_path / "saved"}
        made.append(demos.StyleAndDream(model, **{**functions, **more, **options}))
        return made[-1]

    yield make_demo
    for demo in made:
        demo.close()


def settled(demo):
    assert demo.worker.idle.wait(SOON)
    if demo.worker.error is not None:
        raise demo.worker.error
    return demo


def wait_for(condition):
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def shown(demo):
    return np.asarray(Image.open(io.BytesIO(demo._shown.value)))


def test_a_dream_is_the_techniques_dream_and_what_is_shown(make, model, tmp_path):
    demo = make(keep=tmp_path / "kept.png")
    demo._controls._dream["natural"].value = False
    settled(demo)._start_again()
    settled(demo)
    photo = imageops.resize(imageops.preprocess(load_images("macaw")[0].image, size=None), 24)
    layer = demo._controls.wish().layer
    options = {"step_size": 0.03, "steps": 2, "octaves": 3, "jitter": 16, "factor": 1.0, "fade": 0.1, "frames": 12}
    *_, (_, expected, _) = zoom(climb(half_square), photo, model, layer, **options)
    np.testing.assert_allclose(shown(demo), imageops.deprocess(expected), atol=1)
    assert Image.open(tmp_path / "kept.png").width > 2 * photo.shape[-1]
    assert "done" in demo._status.value


def test_a_slider_acts_on_the_picture_as_it_is_and_resume_goes_on(make):
    demo = settled(make())
    evolved = demo._picture
    starts = []
    demo._dream = lambda wish, base, start: iter(starts.append((wish, base, start)) or [])
    demo._controls._dream["stroke"].value = 0.05
    settled(demo)
    demo._go()
    settled(demo)
    for wish, base, start in starts:
        assert wish.stroke == 0.05
        assert start is evolved
        assert base is demo._photo
    assert len(starts) == 2


def test_the_other_mode_goes_on_with_what_has_become_of_the_picture(make):
    demo = settled(make())
    dream = demo._picture
    assert demo._controls._sets[STYLE].layout.display == "none"
    demo._controls._mode.value = STYLE
    assert torch.equal(demo._base, dream)
    assert demo._controls._sets[DREAM].layout.display == "none"
    settled(demo)
    assert not torch.equal(demo._picture, dream)
    assert "Painting like starry night" in demo._status.value
    demo._start_again()
    assert demo._base is demo._photo
    settled(demo)


@pytest.mark.parametrize(("mix", "words"), [(1.0, "like cafe terrace"), (0.5, "like starry night and cafe terrace")])
def test_two_paintings_are_mixed_in_the_share_that_is_asked_for(make, mix, words, monkeypatch):
    asked = {}

    def looking(model, content, paintings, **options):
        asked.update(options, paintings=paintings)
        return iter([(0, content, 0.0)])

    monkeypatch.setattr("cs182viz.demos.dream.demo.coarse_to_fine", looking)
    demo = make(mode=STYLE)
    demo._controls._style["mix"].value = mix
    demo._controls._style["likeness"].value = 0.1
    demo._controls._style["colours"].value = "luminance"
    settled(demo)
    assert words in demo._status.value
    assert asked["style_mix"] == (1 - mix, mix)
    assert asked["content_weight"] == pytest.approx(0.1)
    assert asked["colours"] == "luminance"
    assert len(asked["paintings"]) == 2


@pytest.mark.parametrize("colours", ["style", "matched", "luminance"])
def test_all_three_palettes_paint(make, colours):
    demo = make(mode=STYLE)
    demo._controls._style["colours"].value = colours
    demo._controls._style["likeness"].value = 1e-4
    settled(demo)
    assert demo._picture.shape == demo._photo.shape
    assert (demo._picture - demo._photo).abs().mean() > 0.05


def test_a_guided_dream_needs_no_step_of_the_students(make):
    def not_written(image, model, layer, step_size):
        raise NotImplementedError("return the next picture")

    demo = make(deepdream_step=not_written)
    wait_for(lambda: demo.worker.error is not None and demo.worker.idle.is_set())
    assert "not written yet" in demo._status.value
    demo._controls._dream["guide"].value = "panda"
    assert demo.worker.idle.wait(SOON)
    assert "of the panda: done" in demo._status.value
    assert not torch.equal(demo._picture, demo._photo)


def test_stop_leaves_the_last_picture_and_the_model_as_it_was(make, model, monkeypatch):
    before = layers.weights_hash(model)
    demo = make()
    monkeypatch.setattr("cs182viz.demos.dream.demo.FRAMES", 10**6)
    demo._go()
    wait_for(lambda: demo._picture is not demo._photo)
    demo.stop()
    settled(demo)
    assert "Stopped." in demo._status.value
    np.testing.assert_array_equal(shown(demo), imageops.deprocess(demo._picture))
    assert layers.weights_hash(demo._model) == layers.weights_hash(model) == before
    for module in (*model.modules(), *demo._model.modules()):
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_save_never_writes_over_a_file(make, tmp_path):
    demo = settled(make())
    demo._save()
    assert "macaw-dream-1.png" in demo._status.value
    demo._choose("../my cup.png", load_images("panda")[0].image)
    settled(demo)
    demo._save()
    demo._save()
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names == ["macaw-dream-1.png", "my_cup-dream-1.png", "my_cup-dream-2.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "saved" / names[1])), shown(demo))


def test_a_dream_is_offered_at_maps_alone(make):
    offered = make()._controls._dream["layer"].options
    assert list(offered) == ["conv1", "relu1", "pool1", "conv2", "relu2"]  # pool2 and logits have no positions


def test_an_unknown_mode_is_refused(make):
    with pytest.raises(ValueError, match="'Dream' or 'Style', got 'Sleep'"):
        make(mode="Sleep")
