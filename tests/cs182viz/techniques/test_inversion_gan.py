"""The training against a judge: what its losses are, that it learns, and that it goes on exactly."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from cs182viz import layers
from cs182viz.images import load_images
from cs182viz.techniques.inversion_network import GanState, Judge, State, encode, encode_all, train_against_judge
from cs182viz.techniques.inversion_network.gan import feature_error, judge_loss
from cs182viz.zoo import load_model


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def few(model):
    return model.preprocess([picture.image for picture in load_images(["castle", "macaw"])])


def steps(model, x, state, count):
    return [loss for _, _, loss in itertools.islice(train_against_judge(state, model, itertools.repeat(x)), count)]


class Says(torch.nn.Module):
    """A judge that gives each picture its own mean as logit."""

    def forward(self, pictures, code):
        return pictures.mean(dim=(1, 2, 3))


def test_the_judges_loss_is_binary_cross_entropy():
    real, painted = torch.full((2, 3, 4, 4), 1.5), torch.full((2, 3, 4, 4), -0.5)
    expected = -math.log(1 / (1 + math.exp(-1.5))) - math.log(1 - 1 / (1 + math.exp(0.5)))
    assert float(judge_loss(Says(), real, painted, torch.zeros(2, 5))) == pytest.approx(expected, rel=1e-5)


def test_the_error_of_features_is_0_for_the_photograph_and_else_the_mean_over_the_codes(model, few):
    names = ["pool5", "log_probabilities"]
    wanted, other = encode_all(model, names, few), encode_all(model, names, few.flip(0))
    assert float(feature_error(model, few, wanted)) == pytest.approx(0, abs=1e-6)
    each = [(other[name] - wanted[name]).norm() ** 2 / wanted[name].norm() ** 2 for name in names]
    assert float(feature_error(model, few.flip(0), wanted)) == pytest.approx(float(sum(each)) / 2, rel=1e-4)


@pytest.mark.parametrize("layer", ["fire9", "log_probabilities"])
def test_a_judge_learns_to_tell_pictures_and_reads_the_code(layer, model, few):
    torch.manual_seed(0)
    judge, code = Judge(layer), encode(model, layer, few)
    real = F.interpolate(few, 112)
    painted = torch.zeros_like(real)
    adam = torch.optim.Adam(judge.parameters(), lr=1e-3)
    before = float(judge_loss(judge, real, painted, code).detach())
    assert before == pytest.approx(2 * math.log(2), abs=0.3)
    for _ in range(25):
        adam.zero_grad()
        judge_loss(judge, real, painted, code).backward()
        adam.step()
    assert float(judge_loss(judge, real, painted, code).detach()) < 0.5 * before
    assert not torch.allclose(judge(real, code), judge(real, code.flip(0)), atol=1e-4)


def test_training_lowers_the_loss_goes_on_exactly_and_moves_the_judge(model, few):
    whole = GanState(["log_probabilities"], learning_rate=1e-3)
    first_judge = [parameter.detach().clone() for parameter in whole.judges.parameters()]
    expected = steps(model, few, whole, 12)
    assert sum(expected[-3:]) < 0.9 * sum(expected[:3])
    assert any(not torch.equal(a, b) for a, b in zip(first_judge, whole.judges.parameters(), strict=True))
    first = GanState(["log_probabilities"], learning_rate=1e-3)
    begun = steps(model, few, first, 5)
    second = GanState(["log_probabilities"], learning_rate=1e-3, seed=4)
    second.load_state_dict(first.state_dict())
    assert begun + steps(model, few, second, 7) == pytest.approx(expected, rel=1e-4)


def test_it_begins_with_the_simple_network_and_refuses_its_checkpoint():
    simple, state = State(["fire9"], seed=1), GanState(["fire9"], seed=2)
    state.begin_with(simple.networks)
    for mine, theirs in zip(state.networks.parameters(), simple.networks.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    with pytest.raises(ValueError, match="this checkpoint is of another network"):
        state.load_state_dict(simple.state_dict())


def test_squeezenet_does_not_learn_from_it(model, few):
    before = layers.weights_hash(model)
    steps(model, few, GanState(["log_probabilities"]), 1)
    assert layers.weights_hash(model) == before
    assert all(parameter.grad is None for parameter in model.parameters())
