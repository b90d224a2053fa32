"""Spectra, views and drivers of the priors: against closed forms, and do they do what they are for?"""

import math

import pytest
import torch

from cs182viz import imageops, layers
from cs182viz.images import load_images
from cs182viz.techniques.inversion_network import encode, load_inverter
from cs182viz.techniques.priors import (
    PRIORS,
    FixedMagnitude,
    FourierPicture,
    GeneratedPicture,
    Views,
    changed_copies,
    holds_up,
    paint_class,
    paint_unit,
    picture_of,
    spectrum_of,
    typical_magnitude,
)
from cs182viz.techniques.priors.paint import paint
from cs182viz.techniques.priors.spectrum import colour_statistics, frequencies
from cs182viz.zoo import load_model


def step(image, model, target_y, l2_reg, learning_rate):
    """What `class_visualization` asks students for."""
    x = image.detach().clone().requires_grad_()
    (model(x)[0, target_y] - l2_reg * x.square().sum()).backward()
    image.data += learning_rate * x.grad


def neuron_gradient(image, model, layer, channel):
    x = image.detach().clone().requires_grad_()
    activation = layers.activations(model, x, layer)[layer]
    activation[0, channel, activation.shape[2] // 2, activation.shape[3] // 2].backward()
    return x.grad


def pictures(count, side, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return imageops.normalize(0.05 + 0.9 * torch.rand(count, 3, side, side, generator=generator))


@pytest.mark.parametrize("side", [16, 17])
def test_a_picture_comes_back_from_its_spectrum(side):
    x = pictures(2, side)
    assert torch.allclose(picture_of(spectrum_of(x), side), x, atol=1e-4)


@pytest.mark.parametrize("side", [16, 17])
def test_the_energy_of_a_spectrum_is_that_of_the_picture(side):
    """Parseval: columns that stand for two count twice."""
    x = pictures(2, side)
    mean, basis = colour_statistics()
    logits = imageops.denormalize(x).logit() - mean[:, None, None]
    energy = torch.linalg.solve(basis, logits.flatten(2)).square().sum(dim=(1, 2))
    twice = torch.full((side // 2 + 1,), 2.0)
    twice[0] = 1
    if side % 2 == 0:
        twice[-1] = 1
    assert torch.allclose((spectrum_of(x).abs().square() * twice).sum(dim=(1, 2, 3)), energy, rtol=1e-4)


def test_a_single_frequency_is_a_cosine_in_one_decorrelated_colour():
    side, across, down = 24, 3, 5
    spectrum = torch.zeros(1, 3, side, side // 2 + 1, dtype=torch.complex64)
    spectrum[0, 1, down, across] = side / 4  # half of it, times the side for the transform's norm
    mean, basis = colour_statistics()
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    wave = 0.5 * torch.cos(2 * math.pi * (across * x + down * y) / side)
    expected = basis[:, 1, None, None] * wave + mean[:, None, None]
    found = imageops.denormalize(picture_of(spectrum, side))[0].logit()
    assert torch.allclose(found, expected, atol=1e-3)
    assert frequencies(side)[down, across] == pytest.approx(math.hypot(across, down) / side)


def test_colours_of_photographs_are_uncorrelated_in_these_coordinates():
    x = torch.cat([imageops.preprocess(picture.image, size=64) for picture in load_images()])
    planes = torch.fft.irfft2(spectrum_of(x), s=(64, 64), norm="ortho").movedim(1, 0).flatten(1)
    assert torch.allclose(torch.cov(planes.double()), torch.eye(3, dtype=torch.float64), atol=1e-3)
    raw = torch.corrcoef(imageops.denormalize(x).movedim(1, 0).flatten(1))
    assert raw[0, 1] > 0.7  # which is what had to be undone


def test_magnitudes_of_photographs_fall_as_one_over_the_frequency():
    magnitude, height = typical_magnitude(128)[2], frequencies(128)
    assert magnitude[0, 0] == 0
    inside = (height > 3 / 128) & (height < 0.3)
    logs = torch.stack([height[inside].log(), magnitude[inside].log()])
    slope = torch.cov(logs)[0, 1] / torch.cov(logs)[0, 0]
    assert -1.6 < slope < -0.7


@pytest.mark.parametrize("side", [32, 33])
def test_magnitudes_stay_fixed_while_phases_move(side):
    coordinates = FixedMagnitude(2, side)
    adam = torch.optim.Adam(coordinates.parameters(), lr=0.3)
    first = coordinates().detach()
    for _ in range(5):
        adam.zero_grad()
        (coordinates() - pictures(2, side)).square().mean().backward()
        adam.step()
    painted = coordinates().detach()
    assert (painted - first).abs().mean() > 0.1
    mean, basis = colour_statistics()
    logits = imageops.denormalize(painted).double().logit() - mean[:, None, None]
    planes = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(basis.double()), logits)
    magnitude = torch.fft.rfft2(planes, norm="ortho").abs()
    wanted = typical_magnitude(side).double().expand_as(magnitude)
    assert torch.allclose(magnitude, wanted, atol=0.01 * float(wanted.median()))


@pytest.mark.parametrize("coordinates", [FourierPicture, FixedMagnitude])
def test_a_picture_of_several_is_what_it_is_alone(coordinates):
    together = coordinates(3, 20, seed=5)()
    for n in range(3):
        assert torch.allclose(coordinates(1, 20, seed=5 + n)()[0], together[n], atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_generated_pictures_are_painted_of_codes_such_as_photographs_have():
    coordinates = GeneratedPicture(2, seed=5)
    assert torch.equal(coordinates(), load_inverter("fire9", gan=True)(coordinates.code()))
    assert torch.allclose(GeneratedPicture(1, seed=6)()[0], coordinates()[1], atol=1e-4)
    photographs = torch.cat([imageops.preprocess(picture.image, size=224) for picture in load_images()])
    with torch.no_grad():
        codes = encode(load_model(), "fire9", photographs).movedim(1, 0).flatten(1)  # (512, all places)
        coordinates.place.fill_(100.0)
        most = coordinates.code()[0, :, 0, 0]
        coordinates.place.fill_(-100.0)
        assert float(coordinates.code().min()) == 0  # as after a ReLU
    expected = codes.mean(dim=1) + 3 * codes.std(dim=1)
    # 37 photographs against thousands: near in sum, and channel by channel far nearer than in any other order
    assert float(most.sum() / expected.sum()) == pytest.approx(1, abs=0.2)
    orders = [torch.randperm(len(most), generator=torch.Generator().manual_seed(n)) for n in range(200)]
    others = [torch.corrcoef(torch.stack([most[order], expected]))[0, 1] for order in orders]
    assert torch.corrcoef(torch.stack([most, expected]))[0, 1] > 2 * max(others)


def test_views_shift_magnify_and_turn_as_they_say():
    x = pictures(1, 32)
    whole = Views(side=32)

    def seen(*rows):
        return whole.of(x, torch.tensor([rows]))

    assert torch.allclose(seen((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)), x, atol=1e-5)
    eight = seen((1.0, 0.0, 0.5), (0.0, 1.0, 0.0))  # a quarter of a side of 2
    assert torch.allclose(eight[..., :24], x[..., 8:], atol=1e-4)
    turned = seen((0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
    assert torch.allclose(turned, x.rot90(1, dims=(2, 3)), atol=1e-4)
    middle = Views(side=16).of(x, torch.tensor([[[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]]))
    assert torch.allclose(middle, x[..., 8:24, 8:24], atol=1e-4)


def test_views_stay_within_what_they_may_and_depend_on_their_seed_alone():
    views = Views(shift=0.1, sections=(0.5, 0.8), turn=20)
    places = views.draw([torch.Generator().manual_seed(n) for n in range(400)])
    shares = places[:, 0, :2].norm(dim=1)
    angles = torch.atan2(places[:, 1, 0], places[:, 0, 0]).rad2deg()
    for values, low, high in ((shares, 0.5, 0.8), (angles, -20, 20), (places[:, :, 2], -0.2, 0.2)):
        span = high - low
        assert low <= values.min() < low + 0.05 * span
        assert high - 0.05 * span < values.max() <= high
    assert torch.equal(places[7:8], views.draw([torch.Generator().manual_seed(7)]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shift": 2}, "shift is a share in 0..1"),
        ({"turn": 200}, "turn 0 to 180 degrees"),
        ({"sections": (0.9, 0.5)}, "sections are the least and the greatest"),
        ({"side": 0}, "side is a number of pixels"),
    ],
)
def test_views_that_cannot_be_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Views(**options)


SIDES = {"fourier": 32, "maco": 32, "learned": 112}


@pytest.mark.parametrize("prior", SIDES)
def test_the_gradient_that_moves_the_coordinates_is_autograds(prior, tiny):
    """The step's direction, handed back through view and coordinates, against one backward pass through all of it."""
    model = tiny.float()
    views, options = Views(side=24), {"size": SIDES[prior], "steps": 1, "learning_rate": 0.01, "seed": 3}
    *_, (_, painted, loss) = paint_class(step, model, 4, prior=prior, views=views, **options)
    own = PRIORS[prior](1, SIDES[prior], seed=3)
    places = views.draw([torch.Generator().manual_seed(3)])
    score = model(views.of(own(), places))[0, 4]
    assert loss == pytest.approx(-float(score.detach()), rel=1e-4)
    (-score).backward()
    torch.optim.Adam(own.parameters(), lr=0.01).step()
    close = (own().detach() - painted).abs()
    assert close.mean() < 1e-3  # Adam's first step has the sign of a gradient, which may be near 0


@pytest.mark.parametrize("prior", SIDES)
def test_scores_climb_and_pictures_of_a_batch_do_not_touch_one_another(prior, tiny):
    model = tiny.float()
    options = {"prior": prior, "size": SIDES[prior], "steps": 25, "views": Views(side=24), "learning_rate": 0.05}
    frames = list(paint_class(step, model, [1, 6], seed=8, **options))
    losses, together = [loss for _, _, loss in frames], frames[-1][1]
    assert sum(losses[-5:]) < sum(losses[:5])
    *_, (_, alone, _) = paint_class(step, model, 6, seed=9, **options)
    assert (alone - together[1:]).abs().mean() < 0.02
    colours = imageops.denormalize(together)
    assert -1e-5 < colours.min() < colours.max() < 1 + 1e-5


def test_what_the_generator_paints_is_recognised_also_where_it_is_changed_a_little():
    model = load_model()
    targets = [model.class_index("flamingo"), model.class_index("hartebeest")]
    *_, (_, painted, _) = paint_class(step, model, targets, prior="learned", steps=40, seed=20)
    with torch.no_grad():
        chances = model(imageops.resize(painted, 224)).softmax(dim=1)[range(2), targets]
    assert float(chances.min()) > 0.5
    assert float(holds_up(model, painted, targets).min()) > 0.3


def test_units_climb_too(tiny):
    model = tiny.float()
    options = {"size": 24, "steps": 25, "views": Views(side=24), "learning_rate": 0.05}
    losses = [loss for _, _, loss in paint_unit(neuron_gradient, model, "conv2", [3, 5], restarts=2, **options)]
    assert sum(losses[-5:]) < sum(losses[:5])


def test_the_model_and_the_global_generator_are_left_alone(tiny):
    model = tiny.float()
    before, state = layers.weights_hash(model), torch.get_rng_state()
    list(paint_class(step, model, 1, prior="maco", size=24, steps=2, views=Views(side=24)))
    assert layers.weights_hash(model) == before
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module._forward_hooks for module in model.modules())


def test_what_cannot_be_is_said_at_once(tiny):
    with pytest.raises(ValueError, match="the priors are fourier, maco, learned; got 'gan'"):
        paint_class(step, tiny, 1, prior="gan")
    with pytest.raises(ValueError, match="size is 16 pixels or more and steps 1 or more, got 8 and 5"):
        paint(lambda x: (x, 0.0), tiny, 1, size=8, steps=5)
    with pytest.raises(ValueError, match="the generator paints pictures of 112 pixels, and 224 were asked for"):
        paint_class(step, tiny, 1, prior="learned", size=224)
    with pytest.raises(ValueError, match=r"statistics are kept of codes with places.*not of log_probabilities"):
        GeneratedPicture(1, generator=load_inverter("log_probabilities"))
    with pytest.raises(ValueError, match="at least one picture"):
        paint_class(step, tiny, [])
    with pytest.raises(ValueError, match=r"spectra are of square pictures .* got \(1, 3, 8, 9\)"):
        spectrum_of(torch.zeros(1, 3, 8, 9))


def test_a_photograph_holds_up_better_than_a_picture_that_hangs_on_its_pixels():
    model = load_model()
    panda = model.preprocess(load_images(["red_panda"]))
    target = int(model(panda).argmax())
    noise = pictures(1, 224)
    for _ in range(60):
        gradient = neuron_gradient_of_class(noise, model, target)
        noise = imageops.clamp_to_image(noise + 3 * gradient / gradient.norm())
    with torch.no_grad():
        assert model(noise).softmax(dim=1)[0, target] > 0.9
    assert float(holds_up(model, panda, [target])) > 0.8
    assert float(holds_up(model, noise, [target])) < 0.3
    copies = changed_copies(panda)
    assert {copy.shape for copy in copies.values()} == {(1, 3, 224, 224)}
    gaps = [float((copy - panda).abs().mean()) for copy in copies.values()]
    assert min(gaps) > 0.05


def neuron_gradient_of_class(image, model, target):
    x = image.clone().requires_grad_()
    return torch.autograd.grad(model(x)[0, target], x)[0]
