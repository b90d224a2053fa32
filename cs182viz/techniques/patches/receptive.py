"""Receptive fields: which pixels a unit can see, exactly, for any stack of convolutions and poolings (section 2).

No formula of sizes and strides: the network itself runs once, on an empty picture, while `reach` follows which pixels
every number depends on.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cs182viz import layers
from cs182viz.techniques.patches.reach import NOTHING, Follow, pixels

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer's units in pictures of `size` = (H, W).

    `reach` is (4, channels, rows, columns); a layer without a map, such as a fully connected one, counts as 1x1.
    """

    size: tuple[int, int]
    reach: Tensor = field(repr=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of the layer."""
        channels, rows, columns = self.reach.shape[1:]
        return channels, rows, columns

    @property
    def extent(self) -> tuple[int, int]:
        """Height and width in pixels of the largest box of one unit; no box leaves the picture."""
        height, width = (self.reach[2:] + self.reach[:2]).flatten(1).amax(dim=1).clamp(min=0).tolist()
        return int(height), int(width)

    def box(self, row: int = 0, col: int = 0, *, unit: int | None = None) -> Box:
        """Box (top, left, bottom, right) around the pixels that position (row, col) of a channel depends on.

        It is tight, and covers the pixels ``[top:bottom, left:right]``. Without `unit` it is the box of all channels,
        which may differ: in SqueezeNet's Fire modules half of them see through 1x1, half through 3x3. Whoever sees
        only padding has (0, 0, 0, 0). Raises ValueError for a position or a unit that the layer does not have.
        """
        indices = {"unit": 0 if unit is None else unit, "row": row, "column": col}
        for (name, index), count in zip(indices.items(), self.shape, strict=True):
            if not 0 <= index < count:
                raise ValueError(f"the layer has no {name} {index}: its {name}s go from 0 to {count - 1}")
        channels = slice(None) if unit is None else slice(unit, unit + 1)
        reach = self.reach[:, channels, row, col].amax(dim=1).tolist()
        if NOTHING in reach:
            return 0, 0, 0, 0
        top, left, bottom, right = map(int, reach)
        return -top, -left, bottom, right


def receptive_field(model: nn.Module, layer: str, size: int | tuple[int, int] = (224, 224)) -> Field:
    """Receptive fields of a layer's units in pictures of `size`, a side or (height, width) in pixels.

    A pixel counts if it takes part in the computation, whatever the numbers: weights of 0 and silent ReLUs see, too.

    Raises
    ------
    UnknownLayerError
        (a ValueError) no such layer.
    ValueError
        The network is in training mode, the layer is neither (N, C) nor (N, C, H, W), or between picture and layer
        stands an operation that cannot be followed; the message names it.
    """
    if any(module.training for module in model.modules()):
        raise ValueError("the network is in training mode, in which a pass changes it: call model.eval() first")
    height, width = (size, size) if isinstance(size, int) else size
    weight = next(model.parameters(), torch.zeros(()))
    # The four numbers of a box take the places of four pictures, so that a reach has the shape of its activation.
    empty = torch.zeros(4, 3, height, width, dtype=weight.dtype, device=weight.device)
    with torch.no_grad(), Follow() as follow:
        follow.reach[empty] = pixels(height, width, weight.device).expand(empty.shape)
        activation = layers.activations(model, empty, layer)[layer]
    reach = follow.reach.get(activation, torch.full((), NOTHING))
    if isinstance(reach, Tensor) and not (reach > NOTHING).any():
        reach = "it does not depend on the picture"
    if isinstance(reach, str):
        raise ValueError(f"there is no telling what {layer!r} sees: {reach}")
    if reach.ndim not in (2, 4) or len(reach) != 4:
        raise ValueError(
            f"a layer with units gives (N, C) or (N, C, H, W), but {layer!r} gives {tuple(activation.shape)} for N = 4"
        )
    maps = reach if reach.ndim == 4 else reach[:, :, None, None]
    return Field((height, width), maps.to("cpu", copy=True))
