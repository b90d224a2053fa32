"""Which device is taken, and what is asked of it: results as on the CPU, and no waiting inside the loops."""

import itertools
import traceback

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cs182viz import devices, imageops, layers
from cs182viz.images import load_image, load_images
from cs182viz.techniques import visualize
from cs182viz.techniques.backward import relu_gradient
from cs182viz.techniques.deepdream import deepdream
from cs182viz.techniques.facets import highest
from cs182viz.techniques.fooling import fool
from cs182viz.techniques.inversion import invert, noise
from cs182viz.techniques.occlusion import Incremental, occlusion_map
from cs182viz.techniques.patches import top_patches
from cs182viz.techniques.style import style_transfer
from cs182viz.zoo import load_model, tiny_network
from grading.masters.solutions import load

ACCELERATOR = devices.pick("auto")
gpu = [pytest.mark.gpu, pytest.mark.skipif(ACCELERATOR.type == "cpu", reason="this machine has no GPU")]


def photograph(name, device, size=96):
    return imageops.preprocess(load_image(name), size=size).to(device)


def class_visualization(model, device):
    step = load("class_visualization").class_visualization_update_step
    return visualize.visualize_class(step, model, [130, 21], sizes=(64,), steps=8, jitter=4, learning_rate=5.0)


def unit_visualization(model, device):
    step = load("class_visualization").neuron_gradient
    return visualize.visualize_unit(step, model, "net.features.7.expand3x3", 7, sizes=(64,), steps=8)


def dream(model, device):
    step = load("class_visualization").deepdream_step
    return deepdream(step, photograph("castle", device), model, "fire5", steps=8, octaves=1, jitter=4)


def inversion(model, device):
    extract = layers.extractor(model, "fire4")
    target = extract(photograph("macaw", device, 64))
    start = noise(2, 64, 64).to(device)
    loss = load("inversion").inversion_loss
    return invert(loss, extract, target, start, lambda_alpha=1e-6, lambda_tv=1e-6, max_iter=8, jitter=2)


def style(model, device):
    own = load("style_transfer")
    losses = {name: getattr(own, name) for name in ("content_loss", "gram_matrix", "style_loss", "tv_loss")}
    pictures = photograph("castle", device), photograph("starry_night", device)
    return style_transfer(model, *pictures, start="noise", max_iter=8, **losses)


LOOPS = {
    "class visualization": class_visualization,
    "unit visualization": unit_visualization,
    "deep dream": dream,
    "inversion": inversion,
    "style transfer": style,
}


@pytest.fixture(scope="module")
def model():
    return load_model()


def test_auto_takes_what_is_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.pick("auto") == torch.device("cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.pick("auto") == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.pick("auto") == torch.device("cuda")


@pytest.mark.parametrize("name", ["gpu", "cuda:77", "mps:3"])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(name):
    with pytest.raises(ValueError, match="there is no device"):
        load_model(device=name)


def test_values_on_an_accelerator_are_read_once_for_each_shape(monkeypatch):
    monkeypatch.setattr(devices, "HOSTS", ())
    network = tiny_network()
    x = torch.zeros(2, 3, 8, 8, dtype=torch.float64)
    counts = [waits(lambda shape=shape: network(x[: shape[0]])) for shape in [(2,), (2,), (1,), (1,)]]
    assert counts[0] == counts[2] > 0
    assert counts[1] == counts[3] == 0
    with pytest.raises(ValueError, match=r"as if in 0\.\.255"):
        tiny_network()(x + 200)


class Waits(TorchDispatchMode):
    """Counts the operations that hand a number to Python or depend on values: each makes an accelerator finish.

    Adam's own count of its steps is not among them: it lies on the CPU.
    """

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        aten = torch.ops.aten
        waiting = func in (aten._local_scalar_dense.default, aten.nonzero.default, aten.equal.default)
        self.count += waiting and not any("/torch/optim/" in frame.filename for frame in traceback.extract_stack())
        return func(*args, **(kwargs or {}))


def waits(run):
    with Waits() as mode:
        run()
    return mode.count


@pytest.mark.parametrize("name", LOOPS)
def test_a_step_waits_for_nothing_but_the_loss_that_it_yields(model, name, monkeypatch):
    monkeypatch.setattr(devices, "HOSTS", ())
    frames = LOOPS[name](model, torch.device("cpu"))
    list(itertools.islice(frames, 3))
    assert waits(lambda: list(itertools.islice(frames, 4))) <= 4


def test_backward_rules_wait_for_nothing(model, monkeypatch):
    monkeypatch.setattr(devices, "HOSTS", ())
    x = model.preprocess(load_images(["macaw", "espresso"]))
    relu_gradient(None, x, model, unit=3)
    assert waits(lambda: relu_gradient(lambda R, _: R.clamp(min=0), x, model, unit=3)) == 0


class Kernels(TorchDispatchMode):
    """Counts the operations that touch memory: on an accelerator each is a kernel to launch, or a copy."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += not func.is_view
        return func(*args, **(kwargs or {}))


def test_occlusion_on_an_accelerator_is_few_launches_however_many_places(model, monkeypatch):
    monkeypatch.setattr(devices, "HOSTS", ())
    image = photograph("macaw", "cpu", 112)
    counts = []
    for side in (2, 4):
        network = Incremental(model, image)
        corners = list(itertools.product(range(0, 20 * side, 20), repeat=2))
        with Kernels() as mode:
            network(torch.zeros(len(corners), 3, 32, 32), *zip(*corners, strict=True))
        counts.append(mode.count)
    assert counts[1] <= counts[0] < 1000


@pytest.mark.parametrize("name", LOOPS)
def test_random_starts_do_not_depend_on_the_device(model, name):
    pictures = []
    for device in {"cpu", ACCELERATOR.type}:
        torch.manual_seed(3)
        _, picture, _ = next(LOOPS[name](load_model(device=device), torch.device(device)))
        pictures.append(picture.cpu())
    assert all(torch.allclose(picture, pictures[0], atol=1e-4) for picture in pictures)


@pytest.fixture(scope="module")
def there():
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return load_model(device=ACCELERATOR)


class TestOnTheGpu:
    pytestmark = gpu

    @pytest.mark.parametrize("rule", [None, lambda R, x: (R > 0) * R, lambda R, x: (x > 0) * (R > 0) * R])
    def test_rules(self, model, there, rule):
        x = model.preprocess(load_images(["macaw", "espresso"]))
        expected = relu_gradient(rule, x, model, layer="fire7", unit=11)
        found = relu_gradient(rule, x.to(ACCELERATOR), there, layer="fire7", unit=11).cpu()
        assert (found - expected).abs().max() < 1e-5 * expected.abs().max()

    def test_occlusion(self, model, there):
        x = photograph("macaw", "cpu", 224)
        expected = occlusion_map(x, 88, model, patch=48, stride=16)
        found = occlusion_map(x.to(ACCELERATOR), 88, there, patch=48, stride=16).cpu()
        assert (found - expected).abs().max() < 1e-5

    @pytest.mark.parametrize("name", LOOPS)
    def test_one_step_of_a_loop(self, model, there, name):
        frames = []
        for network, device in [(model, torch.device("cpu")), (there, ACCELERATOR)]:
            torch.manual_seed(3)
            _, x, _ = next(LOOPS[name](network, device))
            frames.append(x.detach().cpu())
        mine, theirs = frames
        assert (mine - theirs).abs().max() < 1e-5 * mine.abs().max().clamp(min=1)

    @pytest.mark.parametrize("name", LOOPS)
    def test_many_steps_reach_as_much(self, model, there, name):
        """They drift apart by nature: pictures differ, what they were climbed for does not."""
        ends = []
        for network, device in [(model, torch.device("cpu")), (there, ACCELERATOR)]:
            torch.manual_seed(3)
            ends.append([loss for _, _, loss in LOOPS[name](network, device)])
        fall = abs(ends[0][0] - ends[0][-1])
        assert abs(ends[0][-1] - ends[1][-1]) < 0.2 * fall

    def test_fooling(self, model, there):
        step = load("fooling").fooling_step
        x = photograph("espresso", "cpu", 128)
        *_, (steps, _, _) = fool(step, x, 1, model)
        *_, (there_steps, picture, _) = fool(step, x.to(ACCELERATOR), 1, there)
        assert there(picture).argmax() == 1
        assert abs(steps - there_steps) <= 1

    def test_patches_and_facets(self, model, there):
        pictures = load_images()[:12]
        expected, found = (top_patches(network, "fire5", pictures, units=[3, 9], k=3) for network in (model, there))
        for unit in (3, 9):
            values = [[patch.value for patch in of[unit]] for of in (expected, found)]
            assert values[1] == pytest.approx(values[0], rel=1e-4)
        inputs = list(model.preprocess(pictures).split(1))
        mine, theirs = (highest(network, "fire5", 3, inputs, count=6) for network in (model, there))
        assert theirs.values.tolist() == pytest.approx(mine.values.tolist(), rel=1e-4)

    def test_loops_wait_for_the_loss_alone(self, there):
        if ACCELERATOR.type != "cuda":
            pytest.skip("only CUDA says when it waits")
        frames = dream(there, ACCELERATOR)
        next(frames)
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with pytest.warns(UserWarning, match="synchroniz") as seen:
                list(itertools.islice(frames, 4))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert len(seen) <= 4
