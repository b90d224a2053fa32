"""Mistakes that students make in the saliency notebook: one wrong version each, the docstring is the hint.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import torch
import torch.nn.functional as F


def _right_compute_saliency_maps(X, y, model):
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__no_absolute_value(X, y, model):
    """This is the signed gradient: take the absolute value before the maximum, a falling score counts too."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.max(dim=1).values


def compute_saliency_maps__absolute_after_maximum(X, y, model):
    """The absolute value comes before the maximum over channels: a large negative slope loses the maximum otherwise."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.max(dim=1).values.abs()


def compute_saliency_maps__sum_over_channels(X, y, model):
    """You add the three channels up: the map is their maximum."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().sum(dim=1)


def compute_saliency_maps__mean_over_channels(X, y, model):
    """You average the three channels: the map is their maximum."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().mean(dim=1)


def compute_saliency_maps__norm_over_channels(X, y, model):
    """You take the Euclidean norm over the channels: the map is the maximum of the absolute values."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.norm(dim=1)


def compute_saliency_maps__loss_instead_of_score(X, y, model):
    """You differentiate the cross-entropy loss: differentiate the raw score of the label, before any softmax."""
    X = X.detach().clone().requires_grad_()
    F.cross_entropy(model(X), y, reduction="sum").backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__probability_instead_of_score(X, y, model):
    """You differentiate the softmax probability: differentiate the raw score of the label."""
    X = X.detach().clone().requires_grad_()
    model(X).softmax(dim=1).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__every_label_for_every_picture(X, y, model):
    """`scores[:, y]` picks every label for every picture, an N x N table: pick one score a row, by gather."""
    X = X.detach().clone().requires_grad_()
    model(X)[:, y].sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__first_label_for_all(X, y, model):
    """You use the label of the first picture for all pictures: each picture has its own label in y."""
    X = X.detach().clone().requires_grad_()
    model(X)[:, y[0]].sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__predicted_class(X, y, model):
    """You differentiate the highest score: the question is about the label y, also where the network disagrees."""
    X = X.detach().clone().requires_grad_()
    model(X).max(dim=1).values.sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__all_scores(X, y, model):
    """You add up the scores of all classes: only the score of the label counts."""
    X = X.detach().clone().requires_grad_()
    model(X).sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__batch_size_hard_coded(X, y, model):
    """You assume a batch of five pictures: read the number of pictures from X.shape[0]."""
    X = X.detach().clone().requires_grad_()
    model(X)[torch.arange(5), y].sum().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__mean_over_batch(X, y, model):
    """You average the scores over the batch, which divides every map by N: sum them instead."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).mean().backward()
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__squared_gradient(X, y, model):
    """You square the gradient: the map is its absolute value."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.square().amax(dim=1)


def compute_saliency_maps__scaled_to_one(X, y, model):
    """You scale each map to a maximum of 1: return the gradient's own magnitude, the plot does the scaling."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    maps = X.grad.abs().amax(dim=1)
    return maps / maps.amax(dim=(1, 2), keepdim=True)


def compute_saliency_maps__gradient_times_input(X, y, model):
    """You multiply the gradient by the picture: a saliency map is the gradient alone."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return (X.grad * X.detach()).abs().amax(dim=1)


def compute_saliency_maps__maximum_over_columns(X, y, model):
    """You take the maximum along the wrong axis: the channels are axis 1 of (N, 3, H, W)."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().amax(dim=-1)


def compute_saliency_maps__batch_of_one_squeezed(X, y, model):
    """`squeeze` drops the batch axis when N = 1: the result always has shape (N, H, W)."""
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().amax(dim=1).squeeze()


def compute_saliency_maps__scaled_by_the_score(X, y, model):
    """You hand the scores to `backward`, so each map is multiplied by its score: hand it ones, or sum the scores."""
    X = X.detach().clone().requires_grad_()
    scores = model(X).gather(1, y.view(-1, 1))
    scores.backward(scores.detach())
    return X.grad.abs().amax(dim=1)


def compute_saliency_maps__another_network(X, y, model):
    """You load a network of your own inside the function: use the `model` that the caller hands in."""
    model = load_model("squeezenet")
    X = X.detach().clone().requires_grad_()
    model(X).gather(1, y.view(-1, 1)).sum().backward()
    return X.grad.abs().amax(dim=1)


def _corners(extent, patch, stride):
    """First pixels of the squares along one side, as they should be."""
    return [*range(0, extent - patch, stride), extent - patch]


def _covered(image, top, left, patch, fill):
    """A copy with the square at (top, left)."""
    covered = image.clone()
    covered[:, :, top : top + patch, left : left + patch] = fill
    return covered


def _probability(model, covered, label):
    return model(covered).softmax(dim=1)[0, label]


def _heat(tops, lefts, value):
    """Map of value(top, left)."""
    return torch.stack([torch.stack([value(top, left).detach() for left in lefts]) for top in tops])


def _scan(image, patch, stride, value):
    """Map of value(top, left) over the right positions."""
    _, _, height, width = image.shape
    return _heat(_corners(height, patch, stride), _corners(width, patch, stride), value)


def _right_occlusion_map(image, label, model, patch, stride, fill):
    return _scan(
        image, patch, stride, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label)
    )


def _right_occlusion_map__2(image, label, model, patch, stride, fill):
    _, _, height, width = image.shape
    tops, lefts = _corners(height, patch, stride), _corners(width, patch, stride)
    return _heat(tops, lefts, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label))


def _right_occlusion_map__3(image, label, model, patch, stride, fill):
    def value(top, left):
        covered = image.clone()
        covered[:, :, top : top + patch, left : left + patch] = fill
        return _probability(model, covered, label)

    return _scan(image, patch, stride, value)


def occlusion_map__border_left_out(image, label, model, patch, stride, fill):
    """Your squares stop short of the bottom and right borders: move the last one back until it just fits."""
    _, _, height, width = image.shape
    tops, lefts = range(0, height - patch + 1, stride), range(0, width - patch + 1, stride)
    return _heat(tops, lefts, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label))


def occlusion_map__last_square_cut_off(image, label, model, patch, stride, fill):
    """Your last square hangs over the border and covers less: its corner goes back to H - patch (W - patch)."""
    _, _, height, width = image.shape
    tops, lefts = range(0, height - patch + stride, stride), range(0, width - patch + stride, stride)
    return _heat(tops, lefts, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label))


def occlusion_map__square_everywhere(image, label, model, patch, stride, fill):
    """You start a square at every stride up to the border: the last corner is H - patch (W - patch)."""
    _, _, height, width = image.shape
    tops, lefts = range(0, height, stride), range(0, width, stride)
    return _heat(tops, lefts, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label))


def occlusion_map__stride_ignored(image, label, model, patch, stride, fill):
    """You step by the size of the square: neighbouring positions lie `stride` pixels apart."""
    _, _, height, width = image.shape
    tops, lefts = _corners(height, patch, patch), _corners(width, patch, patch)
    return _heat(tops, lefts, lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label))


def occlusion_map__score_instead_of_probability(image, label, model, patch, stride, fill):
    """You return the raw score: the map holds the softmax probability of the label."""
    return _scan(image, patch, stride, lambda top, left: model(_covered(image, top, left, patch, fill))[0, label])


def occlusion_map__log_probability(image, label, model, patch, stride, fill):
    """You return the logarithm of the probability: the map holds the probability itself."""
    return _scan(
        image,
        patch,
        stride,
        lambda top, left: _probability(model, _covered(image, top, left, patch, fill), label).log(),
    )


def occlusion_map__drop_in_probability(image, label, model, patch, stride, fill):
    """You return how far the probability falls: the map holds the probability that is left."""
    whole = _probability(model, image, label)
    return _scan(
        image,
        patch,
        stride,
        lambda top, left: whole - _probability(model, _covered(image, top, left, patch, fill), label),
    )


def occlusion_map__highest_probability(image, label, model, patch, stride, fill):
    """You follow the class that wins under each square: follow the probability of the label."""
    return _scan(
        image, patch, stride, lambda top, left: model(_covered(image, top, left, patch, fill)).softmax(dim=1).max()
    )


def occlusion_map__squares_pile_up(image, label, model, patch, stride, fill):
    """The squares pile up because you never go back to the whole picture: cover a fresh copy at each position."""
    covered = image.clone()

    def value(top, left):
        covered[:, :, top : top + patch, left : left + patch] = fill
        return _probability(model, covered, label)

    return _scan(image, patch, stride, value)


def occlusion_map__picture_spoiled(image, label, model, patch, stride, fill):
    """You paint on the caller's picture: `covered = image` is a second name and no copy, use `image.clone()`."""

    def value(top, left):
        covered = image
        covered[:, :, top : top + patch, left : left + patch] = fill
        return _probability(model, covered, label)

    return _scan(image, patch, stride, value)


def occlusion_map__patch_one_pixel_too_large(image, label, model, patch, stride, fill):
    """Your square is one pixel too large: the slice `top : top + patch` already has `patch` rows."""
    return _scan(
        image, patch, stride, lambda top, left: _probability(model, _covered(image, top, left, patch + 1, fill), label)
    )


def occlusion_map__square_centred(image, label, model, patch, stride, fill):
    """You centre the square on the position: the position is the square's top-left corner."""

    def value(top, left):
        covered, half = image.clone(), patch // 2
        covered[:, :, max(top - half, 0) : top + half + 1, max(left - half, 0) : left + half + 1] = fill
        return _probability(model, covered, label)

    return _scan(image, patch, stride, value)


def occlusion_map__rows_and_columns_swapped(image, label, model, patch, stride, fill):
    """Your map is transposed: entry (i, j) belongs to row position i and column position j."""
    _, _, height, width = image.shape
    tops, lefts = _corners(height, patch, stride), _corners(width, patch, stride)
    return _heat(lefts, tops, lambda left, top: _probability(model, _covered(image, top, left, patch, fill), label))


def occlusion_map__fill_ignored(image, label, model, patch, stride, fill):
    """You cover with zeros whatever `fill` is: write `fill` into the square."""
    return _scan(
        image, patch, stride, lambda top, left: _probability(model, _covered(image, top, left, patch, 0), label)
    )


def occlusion_map__one_channel_covered(image, label, model, patch, stride, fill):
    """You cover the red channel only: the square hides all three channels."""

    def value(top, left):
        covered = image.clone()
        covered[:, 0, top : top + patch, left : left + patch] = fill
        return _probability(model, covered, label)

    return _scan(image, patch, stride, value)


def _right_relu_backward(grad_output, x, rule):
    masks = {"backprop": x > 0, "deconvnet": grad_output > 0, "guided": (x > 0) & (grad_output > 0)}
    if rule not in masks:
        raise ValueError(rule)
    return grad_output * masks[rule]


def _right_relu_backward__2(grad_output, x, rule):
    if rule == "backprop":
        return grad_output * (x > 0)
    if rule == "deconvnet":
        return grad_output * (grad_output > 0)
    if rule == "guided":
        return grad_output * (x > 0) * (grad_output > 0)
    raise ValueError(rule)


def relu_backward__deconvnet_looks_at_input(grad_output, x, rule):
    """Your deconvnet masks by the forward input: it masks by the incoming signal, where grad_output > 0."""
    if rule == "guided":
        return grad_output * (x > 0) * (grad_output > 0)
    if rule in ("backprop", "deconvnet"):
        return grad_output * (x > 0)
    raise ValueError(rule)


def relu_backward__backprop_looks_at_signal(grad_output, x, rule):
    """Your backprop masks by the incoming signal: the plain gradient of a ReLU asks where its input x was positive."""
    if rule == "guided":
        return grad_output * (x > 0) * (grad_output > 0)
    if rule in ("backprop", "deconvnet"):
        return grad_output * (grad_output > 0)
    raise ValueError(rule)


def relu_backward__guided_forgets_input(grad_output, x, rule):
    """Your guided rule is the deconvnet's: guided backpropagation applies both masks, x > 0 as well."""
    if rule == "backprop":
        return grad_output * (x > 0)
    if rule in ("deconvnet", "guided"):
        return grad_output * (grad_output > 0)
    raise ValueError(rule)


def relu_backward__guided_is_either(grad_output, x, rule):
    """Your guided rule lets a signal pass when either mask is open: both have to be."""
    masks = {"backprop": x > 0, "deconvnet": grad_output > 0, "guided": (x > 0) | (grad_output > 0)}
    if rule not in masks:
        raise ValueError(rule)
    return grad_output * masks[rule]


def relu_backward__passes_at_zero(grad_output, x, rule):
    """Your masks use >= 0: at exactly 0 a ReLU is closed, the comparisons are strict."""
    masks = {"backprop": x >= 0, "deconvnet": grad_output >= 0, "guided": (x >= 0) & (grad_output >= 0)}
    if rule not in masks:
        raise ValueError(rule)
    return grad_output * masks[rule]


def relu_backward__mask_returned(grad_output, x, rule):
    """You return the mask itself: multiply the incoming signal by it."""
    masks = {"backprop": x > 0, "deconvnet": grad_output > 0, "guided": (x > 0) & (grad_output > 0)}
    if rule not in masks:
        raise ValueError(rule)
    return masks[rule].to(grad_output.dtype)


def relu_backward__forward_value_passed(grad_output, x, rule):
    """You multiply the signal by the ReLU's output: its derivative is 0 or 1, only the sign of x counts."""
    activation = x.clamp(min=0)
    if rule == "backprop":
        return grad_output * activation
    if rule == "deconvnet":
        return grad_output.clamp(min=0)
    if rule == "guided":
        return grad_output.clamp(min=0) * activation
    raise ValueError(rule)


def relu_backward__absolute_signal(grad_output, x, rule):
    """You turn negative signals positive: the deconvnet and guided rules set them to zero."""
    if rule == "backprop":
        return grad_output * (x > 0)
    if rule == "deconvnet":
        return grad_output.abs()
    if rule == "guided":
        return grad_output.abs() * (x > 0)
    raise ValueError(rule)


def relu_backward__signal_edited_in_place(grad_output, x, rule):
    """You edit grad_output in place: other layers still need it, return a new tensor."""
    if rule not in ("backprop", "deconvnet", "guided"):
        raise ValueError(rule)
    if rule in ("backprop", "guided"):
        grad_output[x <= 0] = 0
    if rule in ("deconvnet", "guided"):
        grad_output[grad_output <= 0] = 0
    return grad_output


def relu_backward__unknown_rule_accepted(grad_output, x, rule):
    """You treat every other word as "guided": a misspelt rule should raise a ValueError."""
    if rule == "backprop":
        return grad_output * (x > 0)
    if rule == "deconvnet":
        return grad_output.clamp(min=0)
    return grad_output.clamp(min=0) * (x > 0)


def _right_graphcut_seeds(saliency, foreground, background):
    return saliency > torch.quantile(saliency, foreground), saliency < torch.quantile(saliency, background)


def graphcut_seeds__swapped(saliency, foreground, background):
    """You return the background first: the object seeds come first."""
    return saliency < torch.quantile(saliency, background), saliency > torch.quantile(saliency, foreground)


def graphcut_seeds__fraction_of_maximum(saliency, foreground, background):
    """You compare with a fraction of the largest value: compare with quantiles, the share of pixels that lie below."""
    return saliency > foreground * saliency.max(), saliency < background * saliency.max()


def graphcut_seeds__top_fraction(saliency, foreground, background):
    """You take `foreground` as the share of object pixels: 0.95 means above the 95% quantile, the top 5%."""
    return saliency > torch.quantile(saliency, 1 - foreground), saliency < torch.quantile(saliency, background)


def graphcut_seeds__background_is_the_rest(saliency, foreground, background):
    """You call everything else background: pixels between the two quantiles are seeds of neither kind."""
    high = torch.quantile(saliency, foreground)
    return saliency > high, saliency <= high


def graphcut_seeds__background_above(saliency, foreground, background):
    """Your background lies above its quantile: background pixels are the least salient ones."""
    return saliency > torch.quantile(saliency, foreground), saliency > torch.quantile(saliency, background)


def graphcut_seeds__quantile_of_each_column(saliency, foreground, background):
    """You compute one quantile for each column: take it over all pixels of the map."""
    return saliency > torch.quantile(saliency, foreground, dim=0), saliency < torch.quantile(
        saliency, background, dim=0
    )


def graphcut_seeds__quantile_included(saliency, foreground, background):
    """You include the quantile itself: both comparisons are strict."""
    return saliency >= torch.quantile(saliency, foreground), saliency <= torch.quantile(saliency, background)


def graphcut_seeds__values_instead_of_mask(saliency, foreground, background):
    """You return saliency values: return boolean masks."""
    high, low = torch.quantile(saliency, foreground), torch.quantile(saliency, background)
    return saliency * (saliency > high), saliency * (saliency < low)
