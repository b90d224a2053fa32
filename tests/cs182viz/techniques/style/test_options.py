"""Two styles mixed, several content layers, and the photograph's colours kept."""

import pytest
import torch
from plain_style import content_loss, gram_matrix, style_loss, tv_loss

from cs182viz import imageops, layers
from cs182viz.techniques.style.colour import luminance, match_colours, match_luminance
from cs182viz.techniques.style.transfer import LEARNING_RATES, coarse_to_fine, style_transfer

STYLE = {"style_layers": ["relu2", "conv1"], "style_weights": [3.0, 2.0]}


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(5)
    sides = [(12, 10), (9, 14), (11, 8)]
    return [imageops.normalize(torch.rand(1, 3, *side, generator=generator, dtype=torch.float64)) for side in sides]


def grams(model, picture):
    seen = layers.activations(model, picture, STYLE["style_layers"])
    return [gram_matrix(seen[name]) for name in STYLE["style_layers"]]


def targets_of(model, content, styles, **options):
    """Gram targets that the loss is given."""
    calls = []

    def looking(feats, indices, targets, weights):
        calls.append(targets)
        return style_loss(feats, indices, targets, weights)

    next(style_transfer(model, content, styles, gram_matrix=gram_matrix, style_loss=looking, **STYLE, **options))
    return calls[0]


@pytest.mark.parametrize(("mix", "shares"), [(None, (0.5, 0.5)), ((3, 1), (0.75, 0.25)), ((0, 2), (0.0, 1.0))])
def test_mixed_styles_have_averaged_targets(tiny, pictures, mix, shares):
    content, first, second = pictures
    found = targets_of(tiny, content, [first, second], style_mix=mix)
    for target, one, other in zip(found, grams(tiny, first), grams(tiny, second), strict=True):
        torch.testing.assert_close(target, shares[0] * one + shares[1] * other)


def test_a_mixture_pulls_like_both_styles_at_once(tiny, pictures):
    """The gradient of the mixed loss is the mixture of the two gradients."""
    content, *styles = pictures
    slopes = []
    for targets in [grams(tiny, style) for style in styles] + [targets_of(tiny, content, styles, style_mix=[1, 3])]:
        leaf = content.clone().requires_grad_()
        feats = list(layers.activations(tiny, leaf, STYLE["style_layers"]).values())
        slopes.append(torch.autograd.grad(style_loss(feats, [0, 1], targets, STYLE["style_weights"]), leaf)[0])
    torch.testing.assert_close(slopes[2], 0.25 * slopes[0] + 0.75 * slopes[1])


def test_a_single_style_may_come_in_a_list(tiny, pictures):
    for one, other in zip(targets_of(tiny, *pictures[:2]), targets_of(tiny, pictures[0], [pictures[1]]), strict=True):
        assert torch.equal(one, other)


def test_several_content_layers_each_have_their_weight(tiny, pictures):
    content, painted, _ = pictures
    painted = imageops.resize(painted, content.shape[-2:])
    options = {"content_loss": content_loss, "content_layer": ["conv1", "pool2"], "start": painted}
    wanted, there = (layers.activations(tiny, x, ["conv1", "pool2"]) for x in (content, painted))
    distance = [float((wanted[name] - there[name]).square().sum()) for name in ("conv1", "pool2")]
    _, _, loss = next(style_transfer(tiny, content, content_weight=[0.5, 4.0], **options))
    assert loss == pytest.approx(0.5 * distance[0] + 4.0 * distance[1])
    _, _, loss = next(style_transfer(tiny, content, content_weight=2.0, **options))
    assert loss == pytest.approx(2.0 * sum(distance))


def test_matched_colours_are_those_of_the_recoloured_painting(tiny, pictures):
    content, style, _ = pictures
    found = targets_of(tiny, content, style, colours="matched")
    for target, expected in zip(found, grams(tiny, match_colours(style, content)), strict=True):
        torch.testing.assert_close(target, expected)


@pytest.mark.parametrize("optimizer", LEARNING_RATES)
def test_luminance_alone_is_optimised_and_the_colours_stay(tiny, pictures, optimizer):
    content, style, _ = pictures
    losses = {"content_loss": content_loss, "gram_matrix": gram_matrix, "style_loss": style_loss, "tv_loss": tv_loss}
    options = {**STYLE, "content_layer": "conv2", "content_weight": 0.5, "tv_weight": 0.1, "optimizer": optimizer}
    steps = list(style_transfer(tiny, content, style, **losses, **options, colours="luminance", max_iter=6))
    torch.testing.assert_close(steps[0][1], content)
    grey, target = luminance(content), grams(tiny, match_luminance(style, content))
    expected = tv_loss(grey, 0.1)
    for gram, wanted, weight in zip(grams(tiny, grey), target, STYLE["style_weights"], strict=True):
        expected = expected + weight * (gram - wanted).square().sum()
    assert steps[0][2] == pytest.approx(float(expected))  # and the content's loss is 0
    assert steps[-1][2] < steps[0][2]
    change = imageops.denormalize(steps[-1][1]) - imageops.denormalize(content)
    values = imageops.denormalize(steps[-1][1])
    inside = ((values > 1e-6) & (values < 1 - 1e-6)).all(1, keepdim=True).expand_as(change)  # where nothing was cut off
    same = change.mean(1, keepdim=True).expand_as(change)
    assert inside.float().mean() > 0.5
    torch.testing.assert_close(change[inside], same[inside])  # grey added to each pixel: I and Q of YIQ stay
    assert change.abs().max() > 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colours": "content"}, "style, matched, luminance"),
        ({"style_mix": [1.0]}, "each of 2 styles"),
        ({"style_mix": [1.0, -1.0]}, "at least 0"),
        ({"style_mix": [0.0, 0.0]}, "not all 0"),
        ({"content_loss": content_loss, "content_layer": ["conv1", "conv2"], "content_weight": [1.0]}, "2 layers, 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(tiny, pictures, options, message):
    content, *styles = pictures
    losses = {"gram_matrix": gram_matrix, "style_loss": style_loss}
    with pytest.raises(ValueError, match=message):
        style_transfer(tiny, content, styles, **losses, **{**STYLE, **options})


def test_no_style_at_all_is_refused(tiny, pictures):
    with pytest.raises(ValueError, match="style picture"):
        style_transfer(tiny, pictures[0], [], gram_matrix=gram_matrix, style_loss=style_loss, **STYLE)


@pytest.mark.parametrize(
    "rows_of",
    [
        lambda x: x.view(x.shape[0], x.shape[1], -1),
        lambda x: x.view(x.shape[0] * x.shape[1], -1)[None],
        lambda x: x.squeeze(0).view(x.shape[1], x.shape[2] * x.shape[3])[None],
        lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1]).mT,
        lambda x: x.flatten(start_dim=2),
    ],
)
def test_losses_may_take_any_usual_view_of_the_activations(tiny, pictures, rows_of):
    def gram(features):
        rows = rows_of(features)
        return rows @ rows.mT / features[0].numel()

    def loss(feats, style_layers, targets, weights):
        together = zip(style_layers, targets, weights, strict=True)
        return sum(w * (gram(feats[i]) - target).square().sum() for i, target, w in together)

    def flat_content_loss(weight, current, original):
        return weight * (current.view(-1) - original.view(-1)).square().sum()

    runs = [
        list(style_transfer(tiny, *pictures[:2], **losses, **STYLE, content_layer="conv2", max_iter=3))
        for losses in (
            {"gram_matrix": gram, "style_loss": loss, "content_loss": flat_content_loss},
            {"gram_matrix": gram_matrix, "style_loss": style_loss, "content_loss": content_loss},
        )
    ]
    for (_, picture, value), (_, expected, wanted) in zip(*runs, strict=True):
        assert value == pytest.approx(wanted)
        torch.testing.assert_close(picture, expected)


def test_coarse_to_fine_is_a_transfer_at_each_size_from_the_one_before(tiny, pictures):
    content, *styles = pictures
    losses = {"content_loss": content_loss, "gram_matrix": gram_matrix, "style_loss": style_loss, "tv_loss": tv_loss}
    options = {**STYLE, **losses, "content_layer": "conv2", "style_mix": [1, 2]}
    stages = {"sizes": (8, 10), "max_iter": (3, 2), "content_weight": 0.5, "tv_weight": 0.1}
    seen = []
    for step, picture, loss in coarse_to_fine(tiny, content, styles, **stages, **options):
        seen.append((step, picture.clone(), loss))
        picture.zero_()  # the caller may
    small, large = ([imageops.resize(one, size) for one in pictures] for size in (8, 10))
    expected = list(style_transfer(tiny, small[0], small[1:], content_weight=0.5, tv_weight=0.1, max_iter=3, **options))
    start = imageops.resize(expected[-1][1], tuple(large[0].shape[-2:]))
    weights = {"content_weight": 0.5 * 0.64, "tv_weight": 0.1 * 0.64}  # there are 1 / 0.64 times as many positions
    expected += style_transfer(tiny, large[0], large[1:], start=start, max_iter=2, **weights, **options)
    assert [step for step, _, _ in seen] == list(range(7))
    for (_, picture, loss), (_, wanted, value) in zip(seen, expected, strict=True):
        torch.testing.assert_close(picture, wanted)
        assert loss == pytest.approx(value)


def test_coarse_to_fine_wants_a_number_of_steps_for_each_size(tiny, pictures):
    with pytest.raises(ValueError, match="3 sizes, 2 max_iter"):
        list(coarse_to_fine(tiny, *pictures[:2], sizes=(8, 9, 10), max_iter=(1, 0), content_loss=content_loss))
