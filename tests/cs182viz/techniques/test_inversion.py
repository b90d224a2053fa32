"""Does the loop descend the loss that it is given, picture by picture, and leave everything else alone?"""

import math

import pytest
import torch

from cs182viz import imageops, layers
from cs182viz.images import load_images
from cs182viz.techniques.inversion import code_distances, invert, noise
from cs182viz.zoo import load_model, tiny_network


def distance(img, target, extract, *, lambda_alpha, lambda_tv):
    """Mahendran & Vedaldi's objective with alpha = 6 and beta = 2, summed over the batch."""
    smooth = img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum()
    code = (extract(img) - target).square().sum() / target.square().sum()
    return code + lambda_alpha * (img**6).sum() + lambda_tv * smooth


def bowl(img, target, extract, *, lambda_alpha, lambda_tv):
    """Half the squared distance to the target: with the identity as code, a descent in closed form."""
    return 0.5 * (extract(img) - target).square().sum()


def identity(img):
    return img


@pytest.fixture
def tiny():
    return tiny_network(seed=4)


@pytest.fixture
def photo():
    return noise(1, 12, 10, scale=1.0, seed=7).double()


def start(restarts=1, seed=1):
    return noise(restarts, 12, 10, seed=seed).double()


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("adam", 0.05), ("sgd", 2.0)])
@pytest.mark.parametrize("layer", ["conv1", "pool1", "relu2", "logits"])
def test_the_code_is_found_from_any_layer(tiny, photo, optimizer, learning_rate, layer):
    extract = layers.extractor(tiny, layer)
    losses = [
        loss
        for _, _, loss in invert(
            distance, extract, extract(photo), start(), optimizer=optimizer, learning_rate=learning_rate, max_iter=150
        )
    ]
    assert losses[-1] < 0.2 * losses[0]


def test_each_loss_is_that_of_its_pictures(tiny, photo):
    extract = layers.extractor(tiny, "relu1")
    target, begin = extract(photo), start(2)
    weights = {"lambda_alpha": 0.01, "lambda_tv": 0.003}
    steps = list(invert(distance, extract, target, begin, max_iter=3, **weights))
    assert [step for step, _, _ in steps] == [0, 1, 2, 3]
    assert torch.equal(steps[0][1], begin)
    for _, images, loss in steps:
        assert loss == pytest.approx(float(distance(images, target, extract, **weights)), rel=1e-12)
        assert not images.requires_grad


def test_momentum_follows_its_recursion():
    """v <- m v + gradient, x <- x - rate v, with the rate on a cosine from its start to a hundredth."""
    target, x = start(seed=2), start(seed=3)
    rates = [0.1 * (0.01 + 0.99 * (1 + math.cos(math.pi * k / 4)) / 2) for k in range(4)]
    frames = list(invert(bowl, identity, target, x, optimizer="sgd", learning_rate=0.1, momentum=0.8, max_iter=4))
    velocity = torch.zeros_like(x)
    for (_, image, _), rate in zip(frames, rates, strict=False):
        torch.testing.assert_close(image, x, rtol=1e-6, atol=1e-9)
        velocity = 0.8 * velocity + (x - target)
        x = x - rate * velocity
    torch.testing.assert_close(frames[-1][1], x, rtol=1e-6, atol=1e-9)


def test_pictures_of_a_batch_do_not_influence_one_another(tiny, photo):
    extract = layers.extractor(tiny, "conv2")
    begin = start(3)
    options = {"optimizer": "sgd", "learning_rate": 1.0, "lambda_tv": 0.01, "max_iter": 5}
    *_, (_, together, _) = invert(distance, extract, extract(photo), begin, **options)
    for n in range(3):
        *_, (_, alone, _) = invert(distance, extract, extract(photo), begin[n : n + 1], **options)
        torch.testing.assert_close(together[n : n + 1], alone, rtol=1e-9, atol=1e-12)


def test_restarts_with_jitter_are_single_runs_by_adam_too(tiny, photo):
    extract = layers.extractor(tiny, "relu2")
    begin = start(3)
    options = {"learning_rate": 0.05, "lambda_tv": 0.01, "jitter": 2, "clip": True, "max_iter": 6}
    *_, (_, together, _) = invert(distance, extract, extract(photo), begin, seed=5, **options)
    for n in range(3):
        *_, (_, alone, _) = invert(distance, extract, extract(photo), begin[n : n + 1], seed=5 + n, **options)
        torch.testing.assert_close(together[n : n + 1], alone, rtol=1e-9, atol=1e-12)


def test_jitter_shows_the_network_shifted_pictures_and_the_prior_the_picture_itself(photo):
    begin, met = start(2), []

    def look(img, target, extract, **weights):
        met.append(extract(img).detach().clone())
        assert torch.equal(img, begin)
        return 0.0 * img.sum()

    list(invert(look, identity, photo, begin, jitter=1, max_iter=30, optimizer="sgd"))
    near = [[imageops.jitter(x, dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)] for x in begin]
    for seen in met:
        assert all(any(torch.equal(x, rolled) for rolled in near[n]) for n, x in enumerate(seen))
    assert any(not torch.equal(seen, begin) for seen in met)


def test_clipping_keeps_pixels_within_a_picture_and_is_off_unless_asked_for(photo):
    far = 100 * photo
    *_, (_, tame, _) = invert(bowl, identity, far, start(), learning_rate=1.0, max_iter=30, clip=True)
    *_, (_, wild, _) = invert(bowl, identity, far, start(), learning_rate=1.0, max_iter=30)
    colours = imageops.denormalize(tame)
    assert -1e-6 < colours.min() < colours.max() < 1 + 1e-6
    assert imageops.denormalize(wild).abs().max() > 2


def test_code_distances_are_those_of_the_formula(tiny, photo):
    extract, begin = layers.extractor(tiny, "conv2"), start(3)
    target = extract(photo)
    expected = [float(torch.dist(extract(x[None]), target) ** 2 / target.norm() ** 2) for x in begin]
    assert code_distances(extract, begin, target).tolist() == pytest.approx(expected)
    assert float(code_distances(extract, photo, target)) == 0


def test_the_prior_makes_the_picture_smoother(tiny, photo):
    extract = layers.extractor(tiny, "pool1")
    roughness = []
    for weight in (0.0, 0.01):
        *_, (_, found, _) = invert(distance, extract, extract(photo), start(), lambda_tv=weight, max_iter=60)
        roughness.append(float(found.diff(dim=3).square().sum()))
    assert roughness[1] < 0.5 * roughness[0]


def test_model_start_and_target_are_left_alone(tiny, photo):
    extract = layers.extractor(tiny, "relu2")
    target, begin = extract(photo), start()
    kept, kept_target, weights = begin.clone(), target.clone(), layers.weights_hash(tiny)
    frames = list(invert(distance, extract, target, begin, max_iter=4))
    assert torch.equal(begin, kept)
    assert torch.equal(target, kept_target)
    assert layers.weights_hash(tiny) == weights
    assert all(parameter.grad is None for parameter in tiny.parameters())
    assert not any(module._forward_hooks for module in tiny.modules())
    assert not torch.equal(frames[1][1], frames[2][1])  # frames are copies, not one picture that goes on changing


def test_noise_depends_on_its_seed_alone():
    torch.manual_seed(0)
    first = noise(2, 5, 6, seed=9)
    state = torch.get_rng_state()
    assert first.shape == (2, 3, 5, 6)
    assert torch.equal(noise(2, 5, 6, seed=9), first)
    assert not torch.equal(noise(2, 5, 6, seed=8), first)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(torch.get_rng_state(), state)
    assert noise(1, 100, 100, scale=0.3).std().item() == pytest.approx(0.3, rel=0.05)


def test_fire2_gives_the_photograph_back():
    model = load_model("squeezenet")
    photo = imageops.resize(model.preprocess(load_images(["macaw"])), 64)
    extract = layers.extractor(model, "fire2")
    *_, (_, found, _) = invert(
        distance, extract, extract(photo), noise(1, 64, 64), lambda_tv=1e-5, learning_rate=0.3, max_iter=150
    )
    together = torch.stack([found.flatten(), photo.flatten()])
    assert torch.corrcoef(together)[0, 1] > 0.9  # it never saw a pixel


def wrong_losses():
    return {
        "depend on the pictures": lambda img, target, extract, **weights: torch.tensor(1.0),
        "one number": lambda img, target, extract, **weights: img.flatten(1).sum(dim=1)[:1].repeat(2),
        "should be one number in a tensor": lambda img, target, extract, **weights: 1.0,
    }


@pytest.mark.parametrize("message", wrong_losses())
def test_a_loss_that_cannot_be_descended_is_refused(photo, message):
    with pytest.raises(ValueError, match=message):
        next(invert(wrong_losses()[message], identity, photo, start()))


def test_options_that_do_not_fit_are_refused(photo):
    with pytest.raises(ValueError, match="adam, sgd"):
        next(invert(bowl, identity, photo, start(), optimizer="lbfgs"))
    with pytest.raises(ValueError, match="one code with a batch dimension"):
        next(invert(bowl, identity, photo.repeat(2, 1, 1, 1), start()))


def test_a_divergence_says_what_to_try(photo):
    with pytest.raises(FloatingPointError, match="smaller learning rate"):
        list(invert(bowl, identity, photo, start(), optimizer="sgd", learning_rate=1e200, max_iter=10))
