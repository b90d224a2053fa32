"""The network that paints in one pass: what it computes, what it learns from, and how good the one that ships is."""

import hashlib
import itertools
import json

import pytest
import torch
import torch.nn.functional as F

from cs182viz import imageops, layers
from cs182viz.assets import data_path
from cs182viz.images import load_image
from cs182viz.techniques.common.weights_file import CheckpointError, save_weights
from cs182viz.techniques.fast_style import (
    Objective,
    State,
    Steady,
    Stylizer,
    flicker,
    load_stylizer,
    steps_worth,
    train,
)
from cs182viz.techniques.fast_style import shipped as shipped_module
from cs182viz.techniques.style import style_transfer
from cs182viz.zoo import load_model
from grading.masters.solutions import load

LOSSES = ("content_loss", "gram_matrix", "style_loss", "tv_loss")


def photograph(name, size):
    return imageops.preprocess(load_image(name), size=size)


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def losses():
    own = load("style_transfer")
    return {name: getattr(own, name) for name in LOSSES}


@pytest.fixture
def network():
    """A network with weights that do something, in two styles."""
    torch.manual_seed(0)
    network = Stylizer(["one", "two"], width=16, blocks=2).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.2 * torch.randn_like(parameter) + (parameter.ndim == 2))
    return network


def small(*shape):
    return imageops.normalize(torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))


def test_normalisation_is_instance_normalisation_with_the_scale_and_shift_of_the_style(network):
    layer, x = network.stem, torch.randn(3, 48, 9, 7, dtype=torch.float64)
    mix = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75]], dtype=torch.float64)
    y = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), layer.convolution.weight)
    for n in range(3):
        scale, shift = (sum(w * row for w, row in zip(mix[n], of, strict=True)) for of in (layer.scale, layer.shift))
        expected = F.instance_norm(y[n : n + 1], weight=scale, bias=shift, eps=1e-5).relu()
        assert torch.allclose(layer(x, mix)[n : n + 1], expected, atol=1e-10)


def test_each_picture_of_a_batch_is_painted_on_its_own(network):
    x = small(3, 3, 24, 20)
    mix = torch.tensor([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]], dtype=torch.float64)
    together = network(x, mix)
    for n in range(3):
        assert torch.allclose(network(x[n : n + 1], mix[n]), together[n : n + 1], atol=1e-12)


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 50)])
def test_any_size_comes_back_and_stays_within_the_range_of_a_picture(network, size):
    painted = network(small(1, 3, *size), network.mixture("one").double())
    assert painted.shape == (1, 3, *size)
    assert (imageops.denormalize(painted) >= 0).all()
    assert (imageops.denormalize(painted) <= 1).all()


def test_sides_that_do_not_fold_cost_the_picture_nothing_but_its_border(network):
    x = small(1, 3, 40, 40)
    mix = network.mixture("two").double()
    wide = F.pad(x, (0, 2, 0, 3), mode="replicate")
    assert torch.allclose(
        network(wide, mix)[:, :, :40, :40], network(F.pad(x, (0, 4, 0, 4), mode="replicate"), mix)[:, :, :40, :40]
    )


def test_bad_input_is_said_in_a_sentence(network):
    with pytest.raises(ValueError, match="needs 16 pixels a side at least, got 12x40"):
        network(small(1, 3, 12, 40), torch.ones(2).double())
    with pytest.raises(ValueError, match="name one or more of the styles one, two; got three"):
        network.mixture("three")
    with pytest.raises(ValueError, match="got none"):
        network.mixture()
    assert network.mixture("one", "two").tolist() == [0.5, 0.5]


def test_the_loss_is_the_one_that_style_transfer_optimises(model, losses):
    """Of one picture 256 pixels high, at the first step of the optimisation."""
    content, painting = photograph("castle", 256), photograph("wave", 256)
    objective = Objective(**losses)
    targets = objective.targets(model, painting)
    _, start, expected = next(style_transfer(model, content, painting, max_iter=1, **losses))
    area = 256**2 / content[0, 0].numel()
    one = objective.loss(model, start, content, [targets])
    sums = objective.tv_loss(start, 20.0) * (area - 1)  # content is 0 here
    assert float(one - sums) == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_a_batch_is_the_mean_over_pictures_and_their_styles(model, losses):
    x = torch.cat([photograph("castle", 64), photograph("macaw", 64)])
    painted = imageops.clamp_to_image(x + 0.3)
    objective = Objective(**losses)
    targets = [objective.targets(model, photograph(name, 64)) for name in ("wave", "harvest")]
    parts = [objective.loss(model, painted[n : n + 1], x[n : n + 1], [targets[n]]) for n in range(2)]
    assert float(objective.loss(model, painted, x, targets)) == pytest.approx(float(sum(parts)) / 2, rel=1e-5)


def steps(model, losses, state, count):
    paintings = [photograph(name, 64) for name in ("wave", "harvest")]
    batch = torch.cat([photograph(name, 64) for name in ("castle", "macaw")])
    found = train(state, Objective(**losses), model, paintings, itertools.repeat(batch))
    return [loss for _, _, loss in itertools.islice(found, count)]


def test_training_lowers_the_loss_and_goes_on_exactly(model, losses, tmp_path):
    whole = State(["wave", "harvest"], width=16, blocks=1)
    expected = steps(model, losses, whole, 40)
    assert sum(expected[-8:]) < 0.7 * sum(expected[:8])
    first = State(["wave", "harvest"], width=16, blocks=1)
    begun = steps(model, losses, first, 10)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = State(["wave", "harvest"], width=16, blocks=1, seed=5)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.step == 10
    assert begun + steps(model, losses, second, 30) == pytest.approx(expected, rel=1e-5)
    for mine, theirs in zip(whole.average.parameters(), second.average.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_a_training_that_goes_on_takes_the_learning_rate_that_it_is_given(model, losses):
    state = State(["wave", "harvest"], width=16, blocks=1, learning_rate=1e-3)
    steps(model, losses, state, 3)
    slower = State(["wave", "harvest"], width=16, blocks=1, learning_rate=1e-4)
    slower.load_state_dict(state.state_dict())
    steps(model, losses, slower, 1)
    assert slower.optimizer.param_groups[0]["lr"] == pytest.approx(1e-4)


def test_a_state_of_another_network_is_refused():
    state = State(["wave"], width=16, blocks=1)
    with pytest.raises(ValueError, match="has the styles harvest, and training was asked for wave"):
        state.load_state_dict(State(["harvest"], width=16, blocks=1).state_dict())
    with pytest.raises(ValueError, match="is of another network"):
        state.load_state_dict(State(["wave"], width=16, blocks=2).state_dict())


def test_a_loss_that_is_no_number_stops_the_training(model, losses):
    state = State(["wave"], width=16, blocks=1)
    broken = losses | {"tv_loss": lambda picture, weight: picture.sum() * float("nan")}
    with pytest.raises(FloatingPointError, match="no longer a number at step 0"):
        next(train(state, Objective(**broken), model, [photograph("wave", 64)], iter([photograph("castle", 64)])))


def test_the_judge_does_not_learn(model, losses):
    before = layers.weights_hash(model)
    steps(model, losses, State(["wave", "harvest"], width=16, blocks=1), 2)
    assert layers.weights_hash(model) == before


@pytest.fixture(scope="module")
def shipped():
    return load_stylizer()


@pytest.fixture(scope="module")
def card():
    return json.loads(data_path("fast_style.json").read_text(encoding="utf-8"))


class TestWhatShips:
    """The figures of the card, computed again on photographs that the network did not learn from."""

    def test_it_is_small_and_says_where_it_comes_from(self, shipped, card):
        file = data_path(shipped_module.FILE)
        assert file.stat().st_size <= 350_000
        assert hashlib.sha256(file.read_bytes()).hexdigest() == card["sha256"] == shipped_module.SHA256
        assert len(shipped.styles) >= 6
        assert list(shipped.styles) == card["styles"] == list(card["held out"])
        assert card["steps"] > 1000
        assert {"data", "licence", "seconds", "machine"} <= set(card)

    @pytest.mark.parametrize("style", ["starry_night", "the_scream"])
    def test_one_pass_is_worth_as_many_steps_as_the_card_says(self, shipped, card, model, losses, style):
        content, painting = photograph("castle", 256), photograph(style, 256)
        said = card["held out"][style]["steps"][0]
        found = steps_worth(shipped, model, content, painting, style, Objective(**losses))
        assert abs(found - said) <= 2

    def test_neighbouring_frames_do_not_flicker_more_than_the_camera(self, shipped):
        whole = photograph("castle", 296)
        mixes = [shipped.mixture(style) for style in shipped.styles]
        assert max(flicker(Steady(shipped), mix, whole) for mix in mixes) <= 1.5

    def test_a_damaged_file_and_another_one_are_refused(self, monkeypatch, tmp_path):
        data = bytearray(data_path(shipped_module.FILE).read_bytes())
        data[-1] ^= 1
        (tmp_path / "damaged").write_bytes(data)
        monkeypatch.setattr(shipped_module, "data_path", lambda name: tmp_path / "damaged")
        with pytest.raises(CheckpointError, match="is damaged: install cs182viz again"):
            load_stylizer()
        (tmp_path / "nonsense").write_bytes(b"no weights")
        with pytest.raises(CheckpointError, match="holds no weights of this package"):
            load_stylizer(tmp_path / "nonsense")
        save_weights(tmp_path / "other", {"w": torch.ones(2)}, {"styles": ["one"], "width": 16, "blocks": 1})
        with pytest.raises(CheckpointError, match="is of another network or version"):
            load_stylizer(tmp_path / "other")


ONE = torch.ones(1)


def test_steady_paintings_follow_where_the_film_moves_and_stay_where_it_stands():
    class Restless(Constant):
        """Paints each frame a little brighter than the one before."""

        def forward(self, x, mix):
            self.factor += 0.1
            return x + self.factor

    x = photograph("castle", 48)
    steady = Steady(Restless(0.0))
    first = steady(x, ONE)
    assert torch.allclose(first, x + 0.1)
    second = steady(x, ONE)  # the same frame once more: a quarter of the way
    assert torch.allclose(second - first, torch.tensor(0.25 * 0.1), atol=1e-5)
    moved = x.clone()
    moved[:, :, :, :16] = -moved[:, :, :, :16]
    third = steady(moved, ONE)
    still = (slice(None), slice(None), slice(None), slice(22, None))
    assert torch.allclose((third - second)[still], 0.25 * (x + 0.3 - second)[still], atol=1e-5)
    changed = (imageops.denormalize(moved) - imageops.denormalize(x)).abs().mean(dim=1, keepdim=True).expand(x.shape)
    inside = (changed > 0.4) & (torch.arange(x.shape[3]) < 12)  # much has changed there, and all around
    assert inside.any()
    assert torch.allclose((third - moved)[inside], torch.tensor(0.3), atol=1e-4)
    assert torch.allclose(steady(x[:, :, :40], ONE), x[:, :, :40] + 0.4, atol=1e-5)  # another size, another film
    steady.forget()
    assert torch.allclose(steady(x[:, :, :40], ONE), x[:, :, :40] + 0.5, atol=1e-5)


class Constant(Stylizer):
    """A network that paints the photograph twice as strong, or a flat grey."""

    def __init__(self, factor):
        super().__init__(["one"], width=16, blocks=1)
        self.factor = factor

    def forward(self, x, mix):
        return self.factor * x


def test_flicker_is_measured_against_the_pictures_own_change():
    whole = photograph("castle", 64)
    assert flicker(Constant(1.0), ONE, whole, side=48) == pytest.approx(1.0, rel=1e-5)
    assert flicker(Constant(2.0), ONE, whole, side=48) == pytest.approx(2.0, rel=1e-5)
    assert flicker(Constant(0.0), ONE, whole, side=48) == 0
    with pytest.raises(ValueError, match="of 48 x 56 pixels at least is needed, got 48 x 48"):
        flicker(Constant(1.0), ONE, whole[:, :, :48, :48], side=48)


def test_a_network_that_does_nothing_is_worth_no_step_of_the_optimisation(model, losses):
    content, painting = photograph("castle", 96), photograph("wave", 96)
    assert steps_worth(Constant(1.0), model, content, painting, "one", Objective(**losses), most=5) <= 1
