"""Neural style transfer: one picture's content in another one's style (Gatys, Ecker and Bethge 2015).

The picture x itself is optimised, with F the activations of a fixed network and G their Gram matrices:

    minimise over x   w_c ||F(x) - F(content)||^2 + sum_l w_l ||G_l(x) - G_l(style)||^2 + w_tv TV(x)

The losses are arguments, so that anybody's own versions drive the loop; one that is left out does not count. Lecture,
section 7; doi:10.48550/arXiv.1508.06576. How the photograph keeps its colours stands in `colour`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.devices import fastest_layout
from cs182viz.techniques.style.colour import luminance, match_colours, match_luminance, recolour

Loss = Callable[..., Tensor]
Term = Callable[[dict[str, Tensor], Tensor], Tensor]  # (activations, picture) -> loss
Frames = Iterator[tuple[int, Tensor, float]]
LEARNING_RATES = {"adam": 0.15, "lbfgs": 1.0}
COLOURS = ("style", "matched", "luminance")


def style_transfer(
    model: nn.Module,
    content: Tensor,
    style: Tensor | Sequence[Tensor] | None = None,
    *,
    content_loss: Loss | None = None,
    gram_matrix: Callable[[Tensor], Tensor] | None = None,
    style_loss: Loss | None = None,
    tv_loss: Loss | None = None,
    content_layer: str | Sequence[str] = "fire4",
    content_weight: float | Sequence[float] = 0.002,
    style_layers: Sequence[str] = ("conv1", "fire2", "fire3", "fire4", "fire5", "fire6"),
    style_weights: Sequence[float] = (10.0, 3.0, 1.0, 1.0, 1.0, 1.0),
    style_mix: Sequence[float] | None = None,
    tv_weight: float = 20.0,
    colours: str = "style",
    start: str | Tensor = "content",
    optimizer: str = "adam",
    learning_rate: float | None = None,
    max_iter: int = 100,
) -> Frames:
    """Yield (step, picture, loss of that picture) from step 0, the start, to `max_iter`.

    Parameters
    ----------
    content, style : normalised pictures (1, 3, H, W); they need not be of one size. Several styles are mixed: the Gram
        targets are their average in the proportions of `style_mix`, equal unless told.
    content_loss : (content_weight, current, original) -> loss, for each content layer with its weight.
    gram_matrix : features (1, C, H, W) -> (1, C, C).
    style_loss : (features of several layers, indices of those that count, their Gram targets, weights) -> loss.
    tv_loss : (img, tv_weight) -> loss.
    colours : "style", the painting's; "matched", the photograph's by recolouring the painting first; "luminance", the
        photograph's exactly, since the losses see grey pictures alone (the loss is then that of the grey picture).
    start : "content", "noise" (faint, from torch's global generator), or a picture of the content's shape.
    optimizer : "adam", whose rate falls along a cosine, or "lbfgs", which searches along each step's direction.

    The layers and weights are right for the zoo's SqueezeNet. Every picture is a copy and within the valid range.
    Raises ValueError for options that do not fit together.
    """
    if optimizer not in LEARNING_RATES:
        raise ValueError(f"optimizer is one of {', '.join(LEARNING_RATES)}, got {optimizer!r}")
    kept = _weighted(content_layer, content_weight)
    wanted = list(dict.fromkeys([*kept] * bool(content_loss) + [*style_layers] * bool(style_loss)))
    if not wanted:
        raise ValueError("nothing to optimise: pass content_loss, or style_loss with gram_matrix, or all of them")
    palette = _palette(colours, content, [style] if isinstance(style, Tensor) else list(style or []))
    terms: list[Term] = []
    if content_loss:
        terms.append(_content_term(model, palette.see(content), content_loss, kept))
    if style_loss:
        indices = [wanted.index(name) for name in style_layers]
        targets = _gram_targets(model, palette.styles, style_mix, gram_matrix, style_layers, style_weights)
        terms.append(lambda seen, _: style_loss(list(seen.values()), indices, targets, list(style_weights)))
    if tv_loss:
        terms.append(lambda _, picture: tv_loss(picture, tv_weight))

    def total(picture: Tensor) -> Tensor:
        seen = _activations(model, picture := palette.see(picture), wanted)
        return sum((term(seen, picture) for term in terms), start=picture.new_zeros(())).sum()

    rate = LEARNING_RATES[optimizer] if learning_rate is None else learning_rate
    frames = _minimise(total, _start(start, content), optimizer, rate, max_iter)
    return ((step, palette.show(picture), loss) for step, picture, loss in frames)


def coarse_to_fine(
    model: nn.Module,
    content: Tensor,
    style: Tensor | Sequence[Tensor],
    *,
    sizes: Sequence[int] = (128, 200, 320),
    max_iter: Sequence[int] = (80, 50, 30),
    content_weight: float = 0.01,
    tv_weight: float = 10.0,
    **options: Any,
) -> Frames:
    """Large strokes first: a transfer at each size, starting from the enlarged picture of the one before.

    A network sees strokes of a certain number of pixels, so on a small picture it paints large ones, and the larger
    sizes add what is fine (Gatys, Ecker, Bethge, Hertzmann and Shechtman 2017, "Controlling perceptual factors in
    neural style transfer", section 6, doi:10.1109/CVPR.2017.397).

    Parameters
    ----------
    content, style : at any size; each stage resizes them.
    sizes, max_iter : the shorter side of the pictures at each stage, and its number of steps.
    content_weight, tv_weight : at the first stage. Both losses are sums over positions and Gram matrices are means, so
        later stages take these weights times the ratio of the areas.
    options : of `style_transfer`, for each stage.

    Yields
    ------
    (step, counted through, picture at its stage's size, loss). Raises ValueError as `style_transfer` does.
    """
    if len(sizes) != len(max_iter):
        raise ValueError(f"each size has its number of steps, got {len(sizes)} sizes, {len(max_iter)} max_iter")
    styles = [style] if isinstance(style, Tensor) else list(style)
    picture, first = options.pop("start", "content"), 0
    for size, steps in zip(sizes, max_iter, strict=True):
        photo = imageops.resize(content, size)
        if isinstance(picture, Tensor):
            picture = imageops.resize(picture, tuple(photo.shape[-2:]))
        share = (sizes[0] / size) ** 2
        options |= {"content_weight": content_weight * share, "tv_weight": tv_weight * share, "max_iter": steps}
        paintings = [imageops.resize(one, size) for one in styles]
        for step, frame, loss in style_transfer(model, photo, paintings, start=picture, **options):
            picture = frame.clone()  # the frame is the caller's
            yield first + step, frame, loss
        first += steps + 1


@dataclass(frozen=True)
class _Palette:
    """What the losses see of the optimised picture, what is shown of it, and the paintings as they are imitated."""

    see: Callable[[Tensor], Tensor]
    show: Callable[[Tensor], Tensor]
    styles: list[Tensor]


def _palette(colours: str, content: Tensor, styles: list[Tensor]) -> _Palette:
    if colours not in COLOURS:
        raise ValueError(f"colours is one of {', '.join(COLOURS)}, got {colours!r}")
    if colours == "luminance":
        grey = [match_luminance(style, content) for style in styles]
        return _Palette(luminance, lambda picture: recolour(picture, content), grey)
    if colours == "matched":
        styles = [match_colours(style, content) for style in styles]
    return _Palette(lambda picture: picture, lambda picture: picture, styles)


class _ChannelsLastGradient(torch.autograd.Function):
    """Identity whose gradient comes back in the layout that convolutions compute in."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient.contiguous(memory_format=fastest_layout(gradient))


def _activations(model: nn.Module, picture: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Activations computed in the layout in which convolutions are fastest.

    Positions still lie evenly in memory, so a Gram matrix may take ``view(N, C, -1)`` of them. Losses compute gradients
    in the plain layout; where two layouts meet, the whole way back would be slow.
    """
    seen = layers.activations(model, picture.contiguous(memory_format=fastest_layout(picture)), names)
    return {name: _ChannelsLastGradient.apply(a) if a.ndim == 4 else a for name, a in seen.items()}


def _weighted(layer: str | Sequence[str], weight: float | Sequence[float]) -> dict[str, float]:
    """Weight of each content layer; one number holds for all."""
    names = [layer] if isinstance(layer, str) else list(layer)
    weights = list(weight) if isinstance(weight, Sequence) else [weight] * len(names)
    if len(names) != len(weights):
        raise ValueError(f"each content layer has one weight, got {len(names)} layers, {len(weights)} weights")
    return dict(zip(names, weights, strict=True))


def _content_term(model: nn.Module, content: Tensor, loss: Loss, weights: dict[str, float]) -> Term:
    with torch.no_grad():
        original = {name: a.contiguous() for name, a in _activations(model, content, list(weights)).items()}

    def term(seen: dict[str, Tensor], _: Tensor) -> Tensor:
        # in the plain layout: nobody's loss should have to know of another one
        terms = (loss(weight, seen[name].contiguous(), original[name]) for name, weight in weights.items())
        return sum(terms, torch.zeros(()))

    return term


def _gram_targets(
    model: nn.Module,
    styles: list[Tensor],
    mix: Sequence[float] | None,
    gram_matrix: Callable[[Tensor], Tensor] | None,
    names: Sequence[str],
    weights: Sequence[float],
) -> list[Tensor]:
    """Gram matrices at the named layers, averaged over the style pictures.

    Their average is the target that mixes: sum_k m_k ||G - A_k||^2 = ||G - sum_k m_k A_k||^2 + a constant, for shares
    m_k that add up to 1.
    """
    if not styles or gram_matrix is None:
        raise ValueError("style_loss needs gram_matrix and a style picture for its targets")
    if len(names) != len(weights):
        raise ValueError(f"each style layer has one weight, got {len(names)} layers, {len(weights)} weights")
    mix = [1.0] * len(styles) if mix is None else list(mix)
    if len(mix) != len(styles) or min(mix) < 0 or sum(mix) <= 0:
        raise ValueError(f"style_mix has a share of at least 0 for each of {len(styles)} styles, not all 0, got {mix}")
    targets: list[Tensor] = []
    with torch.no_grad():
        for style, share in zip(styles, mix, strict=True):
            seen = _activations(model, style, names)
            grams = [share / sum(mix) * gram_matrix(seen[name]) for name in names]
            targets = [target + gram for target, gram in zip(targets, grams, strict=True)] if targets else grams
    return targets


def _start(start: str | Tensor, content: Tensor) -> Tensor:
    """A new leaf in the plain NCHW layout (L-BFGS cannot flatten another one), within the range of a picture."""
    if isinstance(start, Tensor):
        if start.shape != content.shape:
            raise ValueError(f"start has shape {tuple(start.shape)}, the content {tuple(content.shape)}: use one shape")
        picture = start
    elif start == "noise":
        drawn = torch.randn(content.shape, dtype=content.dtype)  # on the CPU, so the same for every device
        picture = 0.1 * drawn.to(content.device)  # faint, about the mean colour: strong noise lingers for long
    elif start == "content":
        picture = content
    else:
        raise ValueError(f"start is 'content', 'noise' or a picture, got {start!r}")
    picture = picture.detach().clone(memory_format=torch.contiguous_format)
    return imageops.clamp_to_image(picture).requires_grad_()


def _minimise(loss_of: Callable[[Tensor], Tensor], x: Tensor, name: str, rate: float, max_iter: int) -> Frames:
    optimizer: torch.optim.Optimizer
    if name == "adam":
        optimizer = torch.optim.Adam([x], lr=rate)
    else:
        search: dict[str, Any] = {
            "line_search_fn": "strong_wolfe",
            "max_eval": 25,
        }  # with fewer it can stall at its first steps
        optimizer = torch.optim.LBFGS([x], lr=rate, max_iter=1, history_size=20, **search)
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
