"""Does the loop minimise the losses that it is given, step by step, and leave everything else alone?"""

import numpy as np
import pytest
import torch
from plain_style import content_loss, gram_matrix, style_loss, tv_loss
from torch import nn

from cs182viz import imageops, layers
from cs182viz.images import load_image
from cs182viz.techniques.style.transfer import style_transfer
from cs182viz.zoo import load_model

OPTIMIZERS = ["adam", "lbfgs"]


LOSSES = {"content_loss": content_loss, "gram_matrix": gram_matrix, "style_loss": style_loss, "tv_loss": tv_loss}
TINY = {"content_layer": "conv2", "style_layers": ["relu2", "conv1"], "style_weights": [3.0, 2.0], "tv_weight": 0.1}


@pytest.fixture
def pictures():
    """A content and a style picture of different sizes, within the range of pictures."""
    generator = torch.Generator().manual_seed(5)
    sides = [(12, 10), (9, 14)]
    return [imageops.normalize(torch.rand(1, 3, *side, generator=generator, dtype=torch.float64)) for side in sides]


def drain(*args, **options):
    return list(style_transfer(*args, **options))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_loss_is_that_of_its_picture(tiny, pictures, optimizer):
    content, style = pictures
    steps = drain(tiny, content, style, **LOSSES, **TINY, content_weight=0.5, optimizer=optimizer, max_iter=3)
    assert [step for step, _, _ in steps] == [0, 1, 2, 3]
    assert torch.equal(steps[0][1], content)
    for _, picture, loss in steps:
        seen, kept, painted = (layers.activations(tiny, x, ["conv1", "conv2", "relu2"]) for x in (picture, *pictures))
        expected = 0.5 * (seen["conv2"] - kept["conv2"]).square().sum() + tv_loss(picture, 0.1)
        for name, weight in [("relu2", 3.0), ("conv1", 2.0)]:
            expected = expected + weight * (gram_matrix(seen[name]) - gram_matrix(painted[name])).square().sum()
        assert loss == pytest.approx(float(expected), rel=1e-9)
    assert steps[-1][2] < steps[0][2]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_quadratic_problem_ends_at_its_solution(optimizer):
    """On the pixels themselves, content and total variation make a linear system: (w I + v L) x = w content."""
    side, w, v = 5, 2.0, 1.5
    content = imageops.normalize(torch.rand(1, 3, side, side, dtype=torch.float64))
    D = np.diff(np.eye(side), axis=0)
    laplacian = np.kron(D.T @ D, np.eye(side)) + np.kron(np.eye(side), D.T @ D)
    expected = np.linalg.solve(w * np.eye(side**2) + v * laplacian, w * content.numpy().reshape(3, -1).T).T
    losses = {"content_loss": content_loss, "tv_loss": tv_loss}
    options = {"content_layer": "0", "content_weight": w, "tv_weight": v, "start": "noise"}
    model = nn.Sequential(nn.Identity())
    *_, (_, picture, _) = style_transfer(model, content, **losses, **options, optimizer=optimizer, max_iter=400)
    np.testing.assert_allclose(picture.numpy().reshape(3, -1), expected, atol=1e-3)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_pictures_stay_within_the_range_of_pictures(tiny, pictures, optimizer):
    options = {**TINY, "start": "noise", "optimizer": optimizer, "learning_rate": 5.0, "max_iter": 5}
    for _, picture, _ in style_transfer(tiny, *pictures, **LOSSES, **options):
        values = imageops.denormalize(picture)
        assert values.min() > -1e-9
        assert values.max() < 1 + 1e-9


def test_losses_see_the_layers_that_were_named(tiny, pictures):
    content, style = pictures
    calls = []

    def looking_style_loss(feats, indices, targets, weights):
        calls.append(([feats[i].detach() for i in indices], targets, weights))
        return style_loss(feats, indices, targets, weights)

    losses = {**LOSSES, "style_loss": looking_style_loss}
    names = ["relu2", "conv2", "conv1"]  # the content's layer is one of them, and they are in no order
    options = {"content_layer": "conv2", "style_layers": names, "style_weights": (1.0, 2.0, 3.0)}
    drain(tiny, content, style, **losses, **options, max_iter=0)
    ((feats, targets, weights),) = calls
    seen, painted = (layers.activations(tiny, x, names) for x in (content, style))
    assert weights == [1.0, 2.0, 3.0]
    for name, features, target in zip(names, feats, targets, strict=True):
        torch.testing.assert_close(features, seen[name])
        torch.testing.assert_close(target, gram_matrix(painted[name]))


def test_a_loss_left_out_does_not_count(tiny, pictures):
    content, style = pictures
    inversion = drain(tiny, content, content_loss=content_loss, content_layer="conv2", max_iter=2)
    assert all(loss == 0 for _, _, loss in inversion)
    only_style = {"gram_matrix": gram_matrix, "style_loss": style_loss, **TINY}
    _, _, alone = next(style_transfer(tiny, content, style, **only_style))
    _, _, together = next(style_transfer(tiny, content, style, tv_loss=tv_loss, **only_style))
    assert together - alone == pytest.approx(float(tv_loss(content, 0.1)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_yielded_pictures_belong_to_the_caller(tiny, pictures, optimizer):
    options = {**LOSSES, **TINY, "optimizer": optimizer, "max_iter": 4}
    untouched = [loss for _, _, loss in style_transfer(tiny, *pictures, **options)]
    edited = []
    for _, picture, loss in style_transfer(tiny, *pictures, **options):
        edited.append(loss)
        picture.zero_()
    assert edited == untouched


def test_a_channels_last_picture_is_no_trouble_for_lbfgs(tiny, pictures):
    content = pictures[0].to(memory_format=torch.channels_last)
    steps = drain(tiny, content, content_loss=content_loss, start="noise", **TINY, optimizer="lbfgs", max_iter=3)
    assert steps[-1][2] < steps[0][2]


def test_noise_comes_from_the_global_seed(tiny, pictures):
    def start():
        return next(style_transfer(tiny, pictures[0], content_loss=content_loss, content_layer="conv2", start="noise"))[
            1
        ]

    torch.manual_seed(1)
    first, second = start(), start()
    torch.manual_seed(1)
    assert torch.equal(start(), first)
    assert not torch.equal(first, second)


def test_model_and_pictures_are_left_alone_also_after_an_error(tiny, pictures):
    def failing_tv_loss(img, weight):
        raise ArithmeticError("a student's mistake")

    kept = [picture.clone() for picture in pictures]
    before = layers.weights_hash(tiny)
    next(style_transfer(tiny, *pictures, **LOSSES, **TINY))  # and never gone on with
    with pytest.raises(ArithmeticError):
        drain(tiny, *pictures, **{**LOSSES, "tv_loss": failing_tv_loss}, **TINY)
    assert layers.weights_hash(tiny) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in tiny.modules())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in tiny.parameters())
    assert all(torch.equal(*pair) for pair in zip(pictures, kept, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gram_matrix": None}, "needs gram_matrix"),
        ({"style_weights": [1.0]}, "2 layers, 1 weights"),
        ({"content_loss": None, "style_loss": None}, "nothing to optimise"),
        ({"start": "zeros"}, "'content', 'noise' or a picture"),
        ({"start": torch.zeros(1, 3, 4, 4, dtype=torch.float64)}, "use one shape"),
        ({"optimizer": "sgd"}, "adam, lbfgs"),
        ({"content_layer": "fire9"}, "no layer 'fire9'"),
        ({key: (lambda *_: torch.tensor(1.0)) for key in ("content_loss", "style_loss", "tv_loss")}, "does not depend"),
    ],
)
def test_options_that_do_not_fit_are_refused(tiny, pictures, options, message):
    with pytest.raises(ValueError, match=message):
        drain(tiny, *pictures, **{**LOSSES, **TINY, **options}, max_iter=1)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("start", ["content", "noise"])
def test_squeezenet_takes_on_the_style_of_a_painting(optimizer, start):
    model = load_model("squeezenet")
    content, style = (imageops.preprocess(load_image(name), size=64) for name in ("castle", "starry_night"))
    losses = {"gram_matrix": gram_matrix, "style_loss": style_loss}
    where = {"style_layers": ["conv1", "fire2", "fire3", "fire4"], "style_weights": [10.0, 3.0, 1.0, 1.0]}
    torch.manual_seed(1)
    steps = drain(model, content, style, **losses, **where, start=start, optimizer=optimizer, max_iter=30)

    def distance(picture):
        seen, painted = (layers.activations(model, x, "fire3")["fire3"] for x in (picture, style))
        return float((gram_matrix(seen) - gram_matrix(painted)).norm())

    assert steps[-1][2] < 0.1 * steps[0][2]
    assert distance(steps[-1][1]) < 0.4 * distance(content)
