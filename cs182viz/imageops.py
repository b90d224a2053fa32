"""Pictures to tensors and back, and the few operations on them that every technique needs.

A *normalised* tensor is what a network of the zoo takes: float, channels first, RGB, (value in 0..1 - mean) / std with
ImageNet's statistics. Whatever maps a tensor to a tensor is differentiable and leaves its argument as it was.
"""

import functools

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def preprocess(image: Image.Image | np.ndarray, *, size: int | None = 224) -> Tensor:
    """Turn one picture into a normalised tensor (1, 3, H, W) of float32.

    Parameters
    ----------
    image : a PIL image of any mode, or an RGB array (H, W, 3), either uint8 in 0..255 or float in 0..1.
    size : the shorter side is resized to it and the central square is kept; None keeps the picture's own size.

    Raises
    ------
    TypeError, ValueError
        If `image` is something else, has another shape, or holds other values.
    """
    x = _unit_tensor(image)  # (1, 3, H, W)
    if size is not None:
        x = _centre_crop(resize(x, size), size)
    return normalize(x)


def deprocess(x: Tensor, *, rescale: bool = False) -> np.ndarray:
    """Turn one normalised tensor (1, 3, H, W) or (3, H, W) back into a picture, uint8 (H, W, 3).

    What lies outside the range of a picture is cut off; with `rescale`, the tensor's own range is stretched to 0..255.
    Raises ValueError for several pictures at once and for values that are not finite.
    """
    picture = denormalize(x).detach()
    if picture.ndim == 4 and picture.shape[0] != 1:
        raise ValueError(f"deprocess takes one picture and got {picture.shape[0]}: call it with x[i] for each of them")
    if not torch.isfinite(picture).all():
        raise ValueError("the picture holds NaN or infinity: its optimisation diverged, try a smaller learning rate")
    if rescale:
        picture = _stretch(picture)
    picture = picture.reshape(picture.shape[-3:]).clamp(0, 1).permute(1, 2, 0)  # (H, W, 3)
    return (picture * 255).round().to("cpu", torch.uint8).numpy()


def normalize(x: Tensor) -> Tensor:
    """Subtract ImageNet's mean and divide by its standard deviation: RGB in 0..1, (N, 3, H, W) or (3, H, W)."""
    _check_pictures(x)
    mean, std = _statistics(x)
    return (x - mean) / std


def denormalize(x: Tensor) -> Tensor:
    """Undo `normalize`: (N, 3, H, W) or (3, H, W) back to RGB in 0..1."""
    _check_pictures(x)
    mean, std = _statistics(x)
    return x * std + mean


def clamp_to_image(x: Tensor) -> Tensor:
    """Clamp a normalised tensor, (N, 3, H, W) or (3, H, W), to the values that pixels in 0..1 can have."""
    _check_pictures(x)
    mean, std = _statistics(x)
    return torch.clamp(x, min=(0 - mean) / std, max=(1 - mean) / std)


def rescale(x: Tensor) -> Tensor:
    """Stretch each picture of (N, C, H, W), or the one in (C, H, W) or (H, W), to 0..1; a constant one becomes 0."""
    _check_float(x)
    if x.ndim not in (2, 3, 4):
        raise ValueError(f"expected (N, C, H, W), (C, H, W) or (H, W), got shape {tuple(x.shape)}")
    return _stretch(x)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Blur the last two dimensions, (..., H, W), with a Gaussian of `sigma` pixels; 0 changes nothing.

    The kernel ends at 4 sigma and the picture is mirrored at its edges (d c b a | a b c d | d c b a), which is
    `scipy.ndimage.gaussian_filter` along these two dimensions. Raises ValueError for a negative `sigma`.
    """
    _check_float(x)
    if not 0 <= sigma < float("inf"):
        raise ValueError(f"sigma is a width in pixels, 0 or more, got {sigma}")
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return x
    offsets = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.softmax(-0.5 * (offsets / sigma) ** 2, dim=0)  # (2 radius + 1,)
    height, width = x.shape[-2:]
    return _filter_matrix(height, kernel) @ x @ _filter_matrix(width, kernel).mT


def jitter(x: Tensor, dx: int, dy: int) -> Tensor:
    """Roll (..., H, W) by `dx` pixels to the right and `dy` down; `jitter(_, -dx, -dy)` is the way back."""
    return torch.roll(x, shifts=(dy, dx), dims=(-2, -1))


def resize(x: Tensor, size: int | tuple[int, ...]) -> Tensor:
    """Resize (N, C, H, W) or (C, H, W) to `size` = (height, width), or so that the shorter side is `size`.

    Bilinear, with the low-pass filter that keeps a picture from aliasing when it shrinks; values stay in their range.
    """
    _check_float(x)
    if x.ndim == 3:
        return resize(x[None], size)[0]
    if x.ndim != 4:
        raise ValueError(f"expected (N, C, H, W) or (C, H, W), got shape {tuple(x.shape)}")
    if isinstance(size, int | np.integer):
        shorter = min(x.shape[-2:])
        sides = tuple(round(side * size / shorter) for side in x.shape[-2:])
    else:
        sides = tuple(size)
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"size is a side or (height, width) of at least one pixel, got {sides}")
    if sides == tuple(x.shape[-2:]):
        return x
    return F.interpolate(x, size=sides, mode="bilinear", antialias=True, align_corners=False)


def _unit_tensor(image: Image.Image | np.ndarray) -> Tensor:
    """One picture as (1, 3, H, W), float32 in 0..1."""
    if isinstance(image, Image.Image):
        image = np.array(image.convert("RGB"))
    if not isinstance(image, np.ndarray):
        hint = ": load the file first, images.load_image(path)" if isinstance(image, str) else ""
        raise TypeError(f"a picture is a PIL image or an array (H, W, 3), got {type(image).__name__}{hint}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(
            f"expected an RGB array (H, W, 3), got shape {image.shape}: "
            "use Image.fromarray(array).convert('RGB') for grey or transparent pictures, one picture at a time"
        )
    if image.dtype == np.uint8:
        image = image / np.float32(255)
    elif not np.issubdtype(image.dtype, np.floating):
        raise TypeError(f"expected uint8 in 0..255 or float in 0..1, got {image.dtype}: convert with astype('uint8')")
    elif not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(
            f"a float picture has values in 0..1, got {image.min():.3g} to {image.max():.3g}: "
            "divide by 255 or convert with astype('uint8')"
        )
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32))[None]


def _centre_crop(x: Tensor, size: int) -> Tensor:
    top, left = (x.shape[-2] - size) // 2, (x.shape[-1] - size) // 2
    return x[..., top : top + size, left : left + size].contiguous()


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """ImageNet's mean and standard deviation, (3, 1, 1) each."""
    mean, std = (_channelwise(values, x.dtype, x.device) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return mean, std


@functools.cache
def _channelwise(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """One number for each channel, (3, 1, 1), kept where it is needed: sending it each time makes a GPU wait."""
    with torch.inference_mode(False):  # else no gradient could ever pass it
        return torch.tensor(values, dtype=dtype, device=device).reshape(3, 1, 1)


def _stretch(x: Tensor) -> Tensor:
    dims = tuple(range(x.ndim))[-3:]
    low, high = x.amin(dims, keepdim=True), x.amax(dims, keepdim=True)
    span = high - low
    return (x - low) / torch.where(span > 0, span, torch.ones_like(span))


def _filter_matrix(n: int, kernel: Tensor) -> Tensor:
    """The matrix (n, n) that correlates n numbers with `kernel`, mirrored at both ends however few they are.

    For the sides of pictures a product of whole matrices takes a third to a twelfth of a convolution's time.
    """
    radius = len(kernel) // 2
    places = torch.arange(-radius, n + radius, device=kernel.device) % (2 * n)
    places = torch.where(places < n, places, 2 * n - 1 - places).unfold(0, len(kernel), 1)  # (n, 2 radius + 1)
    return kernel.new_zeros(n, n).scatter_add(1, places, kernel.expand(n, -1))


def _check_float(x: Tensor) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"expected a tensor, got {type(x).__name__}: imageops.preprocess makes one from a picture")
    if not x.is_floating_point():
        raise TypeError(f"expected a tensor of floats, got {x.dtype}: imageops.preprocess makes one from a picture")


def _check_pictures(x: Tensor) -> None:
    _check_float(x)
    if x.ndim not in (3, 4) or x.shape[-3] != 3:
        raise ValueError(f"expected RGB pictures, channels first: (N, 3, H, W) or (3, H, W), got {tuple(x.shape)}")
