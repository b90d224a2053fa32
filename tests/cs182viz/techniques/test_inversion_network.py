"""Networks that turn codes back into pictures: what they compute, how they learn, and what their errors mean."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cs182viz import imageops, layers
from cs182viz.images import load_images
from cs182viz.techniques.inversion_network import (
    CODES,
    Inverter,
    State,
    code_errors,
    encode,
    encode_all,
    load_inverter,
    mean_distance,
    normalised_errors,
    still_named,
    train,
)
from cs182viz.techniques.inversion_network.network import _Normalisation
from cs182viz.zoo import load_model


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def few(model):
    return model.preprocess([picture.image for picture in load_images(["castle", "macaw", "espresso"])])


def codes(layer, count=2):
    return torch.randn(count, *CODES[layer], generator=torch.Generator().manual_seed(1))


def test_codes_are_those_of_the_layers_and_all_come_from_one_pass(model, few):
    together = encode_all(model, list(CODES), few)
    assert {name: tuple(code.shape[1:]) for name, code in together.items()} == CODES
    for name in ("fire4", "pool5", "fire9"):
        assert torch.allclose(together[name], layers.activations(model, few, name)[name], atol=1e-4)
        assert torch.allclose(together[name], encode(model, name, few), atol=1e-4)
    logged = model(few).log_softmax(dim=1)
    expected = logged - logged.mean(dim=1, keepdim=True)
    assert torch.allclose(together["log_probabilities"], expected, atol=1e-4)
    assert torch.allclose(together["log_probabilities"].softmax(dim=1), model(few).softmax(dim=1), atol=1e-5)


def test_pictures_of_another_size_and_other_layers_are_refused(model, few):
    with pytest.raises(ValueError, match=r"codes are of pictures \(N, 3, 224, 224\), got \(3, 3, 96, 96\)"):
        encode(model, "fire4", imageops.resize(few, 96))
    for refuse in (lambda: encode(model, "fc7", few), lambda: Inverter("fc7"), lambda: load_inverter("fc7")):
        with pytest.raises(ValueError, match="codes are those of fire4, pool5, fire9, log_probabilities; got 'fc7'"):
            refuse()
    with pytest.raises(ValueError, match=r"a code of fire9 has the shape \(N, 512, 13, 13\), got \(2, 256, 13, 13\)"):
        Inverter("fire9")(codes("pool5"))


@pytest.mark.parametrize("layer", CODES)
def test_what_comes_out_are_pictures_each_of_its_own_code(layer):
    network = Inverter(layer).eval()
    code = codes(layer)
    with torch.no_grad():
        painted = network(code)
        alone = network(code[1:])
    assert painted.shape == (2, 3, 112, 112)
    colours = imageops.denormalize(painted)
    assert 0 <= colours.min() < colours.max() <= 1
    assert torch.allclose(painted[1:], alone, atol=1e-4)
    assert not torch.allclose(painted[0], painted[1], atol=1e-3)


def test_normalisation_is_batch_normalisation():
    ours, theirs = _Normalisation(5).double(), nn.BatchNorm2d(5, momentum=0.02).double()
    for parameter in (*ours.parameters(), *theirs.parameters()):
        nn.init.uniform_(parameter, 0.5, 1.5, generator=torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(4)
    for _ in range(3):
        x = 2 + 3 * torch.randn(4, 5, 6, 7, dtype=torch.float64, generator=generator)
        assert torch.allclose(ours(x), theirs(x), atol=1e-12)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-12)


def steps(model, x, state, count):
    found = train(state, model, itertools.repeat(x))
    return [loss for _, _, loss in itertools.islice(found, count)]


def test_training_lowers_the_error_and_goes_on_exactly(model, few, tmp_path):
    whole = State(["pool5", "log_probabilities"])
    expected = steps(model, few, whole, 14)
    assert expected[-1] < 0.6 * expected[0]
    first = State(["pool5", "log_probabilities"])
    begun = steps(model, few, first, 5)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = State(["pool5", "log_probabilities"], seed=5)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.step == 5
    assert begun + steps(model, few, second, 9) == pytest.approx(expected, rel=1e-5)
    for mine, theirs in zip(whole.average.parameters(), second.average.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_the_loss_is_the_mean_squared_error_of_each_layer_and_they_learn_as_if_alone(model, few):
    """What is said of the first step is computed again; what follows must not depend on the neighbour."""
    names = ["fire4", "log_probabilities"]
    fresh = State(names)
    wanted = imageops.resize(few, 112)
    expected = sum(
        float(F.mse_loss(fresh.networks[name].train()(encode(model, name, few)), wanted).detach()) for name in names
    )
    together = steps(model, few, State(names), 4)
    alone = [steps(model, few, State([name]), 4) for name in names]
    assert together[0] == pytest.approx(expected, rel=1e-4)
    assert together == pytest.approx([sum(pair) for pair in zip(*alone, strict=True)], rel=1e-3)


def test_the_average_forgets_the_first_weights_and_then_remembers_long(model, few):
    state = State(["log_probabilities"])
    weights, expected = [], None
    for count, _ in enumerate(train(state, model, itertools.repeat(few))):
        now = state.networks["log_probabilities"].paint.bias.detach().clone()
        share = 1.0 if count == 0 else max(0.002, 9 / (10 + count))
        expected = share * now + (1 - share) * (now if expected is None else expected)
        weights.append(now)
        if count == 5:
            break
    assert torch.allclose(state.average.module["log_probabilities"].paint.bias, expected, atol=1e-6)
    assert not torch.allclose(expected, weights[-1], atol=1e-7)


def test_a_state_of_other_layers_or_another_version_is_refused():
    state = State(["pool5"])
    with pytest.raises(ValueError, match="this checkpoint inverts fire4, and training was asked for pool5"):
        state.load_state_dict(State(["fire4"]).state_dict())
    older = state.state_dict()
    older["networks"] = {name: value for name, value in older["networks"].items() if "paint" not in name}
    with pytest.raises(ValueError, match="this checkpoint is of another network"):
        state.load_state_dict(older)
    with pytest.raises(ValueError, match="name at least one layer"):
        State([])


def test_a_loss_that_is_no_number_stops_the_training(model, few):
    state = State(["pool5"])
    state.networks["pool5"].paint.bias.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="no longer a number at step 0"):
        steps(model, few, state, 1)


def test_squeezenet_does_not_learn(model, few):
    before = layers.weights_hash(model)
    steps(model, few, State(["fire9"]), 2)
    assert layers.weights_hash(model) == before


def test_errors_are_in_units_of_the_distance_of_two_pictures(few):
    grey = imageops.normalize(torch.full((3, 3, 224, 224), 0.5))
    black, white = (imageops.normalize(torch.full((1, 3, 224, 224), value)) for value in (0.0, 1.0))
    side = (3 * 112 * 112) ** 0.5  # the distance of black and white
    assert mean_distance(torch.cat([black, white])) == pytest.approx(side, rel=1e-5)
    assert mean_distance(torch.cat([black, white, white])) == pytest.approx(2 / 3 * side, rel=1e-5)
    assert normalised_errors(grey, black.expand(3, -1, -1, -1), side).tolist() == pytest.approx([0.5] * 3, rel=1e-5)
    assert normalised_errors(few, few, side).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="two pictures at least have a distance, got 1"):
        mean_distance(black)


def test_a_picture_has_its_own_code_and_its_own_name(model, few):
    assert code_errors(model, "fire9", few, few).tolist() == pytest.approx([0, 0, 0], abs=1e-8)
    other = few.roll(1, dims=0)
    wanted, reached = (encode(model, "fire9", x).flatten(1) for x in (few, other))
    expected = (wanted - reached).norm(dim=1) ** 2 / wanted.norm(dim=1) ** 2
    assert torch.allclose(code_errors(model, "fire9", other, few), expected, rtol=1e-3)
    assert still_named(model, few, few, top=1).all()
    assert not still_named(model, other, few, top=1).any()
