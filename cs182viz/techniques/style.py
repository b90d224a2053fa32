"""Neural style transfer: one picture's content in another one's style (Gatys, Ecker and Bethge 2015).

The picture x itself is optimised, with F the activations of a fixed network and G their Gram matrices:

    minimise over x   w_c ||F(x) - F(content)||^2 + sum_l w_l ||G_l(x) - G_l(style)||^2 + w_tv TV(x)

The losses are arguments, so that anybody's own versions drive the loop; one that is left out does not count. Lecture,
section 7; doi:10.48550/arXiv.1508.06576.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers

Loss = Callable[..., Tensor]
OPTIMIZERS = {"adam": 0.15, "lbfgs": 1.0}  # with their usual learning rates for normalised pictures


def style_transfer(
    model: nn.Module,
    content: Tensor,
    style: Tensor | None = None,
    *,
    content_loss: Loss | None = None,
    gram_matrix: Callable[[Tensor], Tensor] | None = None,
    style_loss: Loss | None = None,
    tv_loss: Loss | None = None,
    content_layer: str = "fire3",
    content_weight: float = 1.0,
    style_layers: Sequence[str] = ("conv1", "fire3", "fire4", "fire5"),
    style_weights: Sequence[float] = (20_000.0, 500.0, 12.0, 1.0),
    tv_weight: float = 0.0,
    start: str | Tensor = "content",
    optimizer: str = "adam",
    learning_rate: float | None = None,
    max_iter: int = 200,
) -> Iterator[tuple[int, Tensor, float]]:
    """Yield (step, picture, loss of that picture) from step 0, the start, to `max_iter`.

    Parameters
    ----------
    content, style : normalised pictures (1, 3, H, W); the two need not be of one size.
    content_loss : (content_weight, current, original) -> loss.
    gram_matrix : features (1, C, H, W) -> (1, C, C).
    style_loss : (features of several layers, indices of those that count, their Gram targets, weights) -> loss.
    tv_loss : (img, tv_weight) -> loss.
    start : "content", "noise" (faint, from torch's global generator), or a picture of the content's shape.
    optimizer : "adam", whose rate falls along a cosine, or "lbfgs", which searches along each step's direction.

    Every picture is a copy and within the valid range. Raises ValueError for options that do not fit together.
    """
    if style_loss and (style is None or gram_matrix is None):
        raise ValueError("style_loss needs gram_matrix and a style picture for its targets")
    if style_loss and len(style_layers) != len(style_weights):
        raise ValueError(
            f"each style layer has one weight, got {len(style_layers)} layers, {len(style_weights)} weights"
        )
    wanted = [content_layer] * bool(content_loss) + list(style_layers) * bool(style_loss)
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        raise ValueError("nothing to optimise: pass content_loss, or style_loss with gram_matrix, or all of them")
    indices = [wanted.index(name) for name in style_layers] if style_loss else []
    with torch.no_grad():
        original = layers.activations(model, content, content_layer)[content_layer] if content_loss else None
        seen = layers.activations(model, style, style_layers) if style_loss else {}
        targets = [gram_matrix(seen[name]) for name in style_layers if style_loss]

    def total(picture: Tensor) -> Tensor:
        feats = list(layers.activations(model, picture, wanted).values())
        loss = picture.new_zeros(())
        if content_loss:
            loss = loss + content_loss(content_weight, feats[0], original)
        if style_loss:
            loss = loss + style_loss(feats, indices, targets, list(style_weights))
        if tv_loss:
            loss = loss + tv_loss(picture, tv_weight)
        return loss.sum()

    yield from _minimise(total, _start(start, content), optimizer, learning_rate, max_iter)


def _start(start: str | Tensor, content: Tensor) -> Tensor:
    """A new leaf in the plain NCHW layout (L-BFGS cannot flatten another one), within the range of a picture."""
    if isinstance(start, Tensor):
        if start.shape != content.shape:
            raise ValueError(f"start has shape {tuple(start.shape)}, the content {tuple(content.shape)}: use one shape")
        picture = start
    elif start == "noise":
        picture = 0.1 * torch.randn_like(content)  # faint, about the mean colour: strong noise lingers for long
    elif start == "content":
        picture = content
    else:
        raise ValueError(f"start is 'content', 'noise' or a picture, got {start!r}")
    picture = picture.detach().clone(memory_format=torch.contiguous_format)
    return imageops.clamp_to_image(picture).requires_grad_()


def _minimise(
    loss_of: Callable[[Tensor], Tensor], x: Tensor, name: str, learning_rate: float | None, max_iter: int
) -> Iterator[tuple[int, Tensor, float]]:
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer is one of {', '.join(OPTIMIZERS)}, got {name!r}")
    rate = OPTIMIZERS[name] if learning_rate is None else learning_rate
    if name == "adam":
        optimizer = torch.optim.Adam([x], lr=rate)
    else:
        optimizer = torch.optim.LBFGS(
            [x], lr=rate, max_iter=1, max_eval=25, history_size=20, line_search_fn="strong_wolfe"
        )
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(max_iter, 1), eta_min=rate / 20)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(imageops.clamp_to_image(x))  # where L-BFGS looks far ahead, activations would overflow
        if not loss.requires_grad:
            raise ValueError("the loss does not depend on the picture: return tensors, without .item() or .detach()")
        loss.backward()
        return loss.detach()

    for step in range(max_iter + 1):
        picture = x.detach().clone()
        loss = float(optimizer.step(closure))  # the loss before this step, that of `picture`
        if name == "adam":
            cosine.step()
        with torch.no_grad():
            x.copy_(imageops.clamp_to_image(x))
        yield step, picture, loss
