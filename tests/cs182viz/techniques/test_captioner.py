"""Does the captioner that ships say what is in a scene, in all its parts, and does its training learn and resume?"""

import itertools

import numpy as np
import pytest
import torch

from cs182viz.techniques import captioner
from cs182viz.techniques.captioner.network import numbered
from cs182viz.techniques.captioner.scenes import COLOURS, UNSEEN, relation
from cs182viz.techniques.common.weights_file import CheckpointError
from cs182viz.zoo import load_model


@pytest.fixture(scope="module")
def model():
    return load_model()


def thing(x, y, colour="red", shape="square", radius=15):
    return captioner.Thing(colour, shape, x, y, radius)


@pytest.mark.parametrize(
    ("second", "words"),
    [((100, 70), "left of"), ((20, 60), "right of"), ((70, 110), "above"), ((60, 20), "below")],
)
def test_a_relation_is_the_longer_way(second, words):
    assert relation(thing(64, 64), thing(*second)) == words


def test_a_scene_is_drawn_where_it_says_in_its_colours():
    scene = captioner.Scene((thing(30, 40, "blue"), thing(90, 100, "yellow")), background=100)
    pixels = np.asarray(captioner.render(scene, noise=0))
    assert tuple(pixels[40, 30]) == COLOURS["blue"]
    assert tuple(pixels[100, 90]) == COLOURS["yellow"]
    assert tuple(pixels[5, 120]) == (100, 100, 100)


def test_both_ways_to_say_it_are_right():
    scene = captioner.Scene((thing(30, 40, "blue"), thing(90, 50, "yellow", "ring")))
    told = {"a blue square left of a yellow ring", "a yellow ring right of a blue square"}
    assert scene.true_sentences() == told


def test_pairs_that_are_held_out_are_never_learned_from():
    seen = {(one.colour, one.shape) for n in range(2000) for one in captioner.scene(n).things}
    assert seen.isdisjoint(UNSEEN)
    assert len(seen) == 42 - len(UNSEEN)
    assert all((one.things[0].colour, one.things[0].shape) in UNSEEN for one in captioner.held_out(50, unseen=True))


def test_nine_in_ten_sentences_on_scenes_never_seen_are_right_in_all_parts(model):
    answers = captioner.right(captioner.load_captioner(), model, captioner.held_out(150))
    assert np.mean(answers) >= 0.9


def test_attention_is_a_share_of_each_place_and_finds_the_only_thing(model):
    scenes = [captioner.Scene((thing(x, y, radius=20),)) for x, y in ((28, 28), (100, 28), (28, 100), (100, 100))]
    network = captioner.load_captioner()
    captions = network.caption(captioner.codes_of(model, [captioner.render(one) for one in scenes]))
    for caption, scene in zip(captions, scenes, strict=True):
        torch.testing.assert_close(caption.attention.sum(dim=(1, 2)), torch.ones(len(caption.words)))
        noun = caption.attention[2]
        centre = (noun * torch.arange(7.0)).sum(), (noun.T * torch.arange(7.0)).sum()  # across and down
        for place, at in zip(centre, (scene.things[0].x, scene.things[0].y), strict=True):
            assert (place > 3) == (at > 64)


def test_training_learns_and_goes_on_exactly(model):
    whole, first, second = (captioner.State(seed=3) for _ in range(3))
    losses = [loss for _, _, loss in itertools.islice(captioner.train(whole, model, scenes=64), 12)]
    assert losses[-1] < 0.8 * losses[0]
    for _ in itertools.islice(captioner.train(first, model, scenes=64), 7):
        pass
    second.load_state_dict(first.state_dict())
    assert [loss for _, _, loss in itertools.islice(captioner.train(second, model, scenes=64), 5)] == losses[7:]


def test_a_checkpoint_of_another_seed_is_refused():
    with pytest.raises(ValueError, match="another seed"):
        captioner.State(seed=1).load_state_dict(captioner.State(seed=2).state_dict())


def test_a_file_that_is_no_captioner_is_a_sentence(tmp_path):
    (tmp_path / "captioner.safetensors").write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match="holds no weights"):
        captioner.load_captioner(tmp_path / "captioner.safetensors")


def test_sentences_end_in_full_stops_up_to_one_length():
    rows = numbered(["a red circle", "a red circle left of a blue star"])
    assert rows.shape == (2, 10)
    assert (rows[0, 3:] == 0).all()
    assert rows[0, :3].tolist() == rows[1, :3].tolist()
