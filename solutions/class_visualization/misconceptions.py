"""Mistakes that students make in class visualization: one wrong version each, the docstring is the hint.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import torch

from cs182viz import layers


def _right_class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__gradient_normalised(img, model, target_y, l2_reg, learning_rate):
    """You divide the gradient by its norm, as some courses do: here the step is learning_rate * gradient."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad / leaf.grad.norm()


def class_visualization_update_step__mean_gradient_normalised(img, model, target_y, l2_reg, learning_rate):
    """You divide the gradient by its mean absolute value: that belongs to DeepDream, here nothing is normalised."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad / leaf.grad.abs().mean()


def class_visualization_update_step__penalty_added(img, model, target_y, l2_reg, learning_rate):
    """You add the penalty, which rewards large pixels: the objective is the score minus the penalty."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] + l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__penalty_left_out(img, model, target_y, l2_reg, learning_rate):
    """Your step has no penalty in it: subtract l2_reg times the sum of the squared pixels before differentiating."""
    leaf = img.detach().clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__penalty_detached(img, model, target_y, l2_reg, learning_rate):
    """Your penalty is computed from detached values (`.data`, `.detach()`, `.item()`), so its gradient is lost."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.detach().square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__norm_not_squared(img, model, target_y, l2_reg, learning_rate):
    """You penalise the norm itself: the penalty is its square, the sum of the squared pixels."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.norm()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__squares_averaged(img, model, target_y, l2_reg, learning_rate):
    """You average the squared pixels, which makes the penalty thousands of times weaker: sum them."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().mean()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__absolute_values_penalised(img, model, target_y, l2_reg, learning_rate):
    """You penalise absolute values, an L1 norm: the penalty is the sum of squares."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.abs().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__root_then_square(img, model, target_y, l2_reg, learning_rate):
    """A root that is squared again has no gradient at an all-zero picture (NaN): sum the squares and take no root."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum().sqrt() ** 2).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__factor_two_missing(img, model, target_y, l2_reg, learning_rate):
    """The gradient of l2_reg * ||I||^2 is 2 * l2_reg * I: your penalty lacks the factor 2."""
    leaf = img.detach().clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    img.data += learning_rate * (leaf.grad - l2_reg * img.data)


def class_visualization_update_step__factor_two_doubled(img, model, target_y, l2_reg, learning_rate):
    """Your penalty is twice too strong: autograd already brings the factor 2 of the square."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - 2 * l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__penalty_not_times_learning_rate(img, model, target_y, l2_reg, learning_rate):
    """Your penalty's gradient lacks the learning_rate: the step is learning_rate times the whole gradient."""
    leaf = img.detach().clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    img.data += learning_rate * leaf.grad - 2 * l2_reg * leaf.detach()


def class_visualization_update_step__penalty_after_the_step(img, model, target_y, l2_reg, learning_rate):
    """You shrink the picture after it has moved: both gradients are taken at the picture before the step."""
    leaf = img.detach().clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    img.data += learning_rate * leaf.grad
    img.data -= learning_rate * 2 * l2_reg * img.data


def class_visualization_update_step__learning_rate_forgotten(img, model, target_y, l2_reg, learning_rate):
    """You add the gradient itself: multiply it by learning_rate."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += leaf.grad


def class_visualization_update_step__descent(img, model, target_y, l2_reg, learning_rate):
    """You go downhill: this is ascent, so add learning_rate times the gradient."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data -= learning_rate * leaf.grad


def class_visualization_update_step__sign_of_the_gradient(img, model, target_y, l2_reg, learning_rate):
    """You step by the sign of the gradient: use its values."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad.sign()


def class_visualization_update_step__stale_gradient(img, model, target_y, l2_reg, learning_rate):
    """Gradients pile up in `img.grad` from call to call: clear it after use, with `img.grad.zero_()` or `= None`."""
    img.requires_grad_()
    (model(img)[0, target_y] - l2_reg * img.square().sum()).backward()
    img.data += learning_rate * img.grad


def class_visualization_update_step__new_picture(img, model, target_y, l2_reg, learning_rate):
    """`img + ...` is a new tensor and leaves the caller's as it was: edit it in place, `img.data += ...`."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    return img + learning_rate * leaf.grad


def class_visualization_update_step__edit_recorded(img, model, target_y, l2_reg, learning_rate):
    """Autograd refuses to record an edit of a leaf: write to `img.data`, or edit within `with torch.no_grad():`."""
    img.requires_grad_()
    (model(img)[0, target_y] - l2_reg * img.square().sum()).backward()
    img += learning_rate * img.grad
    img.grad = None


def class_visualization_update_step__probability(img, model, target_y, l2_reg, learning_rate):
    """You climb the softmax probability: climb the raw score of the class."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf).softmax(dim=1)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__log_probability(img, model, target_y, l2_reg, learning_rate):
    """You climb the log-probability (a cross-entropy loss): climb the raw score of the class."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf).log_softmax(dim=1)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__predicted_class(img, model, target_y, l2_reg, learning_rate):
    """You climb the highest score: climb that of target_y, whatever the network sees now."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf).max() - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__all_scores(img, model, target_y, l2_reg, learning_rate):
    """You climb the sum of all scores: pick the one of target_y."""
    leaf = img.detach().clone().requires_grad_()
    (model(leaf).sum() - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def class_visualization_update_step__another_network(img, model, target_y, l2_reg, learning_rate):
    """You load a network of your own inside the function: use the `model` that the caller hands in."""
    model = load_model("squeezenet")
    leaf = img.detach().clone().requires_grad_()
    (model(leaf)[0, target_y] - l2_reg * leaf.square().sum()).backward()
    img.data += learning_rate * leaf.grad


def _right_clip_small_norm(img, fraction):
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_norm__in_place(img, fraction):
    """You edit the caller's picture: work on `img.clone()`, or multiply by a mask."""
    norm = img.norm(dim=1)
    img[:, :, norm[0] < norm.quantile(fraction)] = 0
    return img


def clip_small_norm__entry_by_entry(img, fraction):
    """You clip each channel on its own: a pixel goes or stays as a whole, by its norm over the three channels."""
    size = img.abs()
    return img * (size >= size.quantile(fraction))


def clip_small_norm__fraction_of_the_maximum(img, fraction):
    """Your threshold is a fraction of the largest norm: it is the fraction-quantile of all norms."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= fraction * norm.max())


def clip_small_norm__fraction_as_threshold(img, fraction):
    """You compare the norms with `fraction` itself: compare them with the fraction-quantile of all norms."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= fraction)


def clip_small_norm__fraction_in_percent(img, fraction):
    """You divide the fraction by 100: it is in 0..1 already, as `torch.quantile` takes it."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction / 100))


def clip_small_norm__other_end(img, fraction):
    """You zero a share of 1 - fraction: the threshold is the fraction-quantile, so `fraction` of the pixels go."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(1 - fraction))


def clip_small_norm__large_ones_zeroed(img, fraction):
    """You zero the large pixels and keep the small ones: it is the small norms that go."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm < norm.quantile(fraction))


def clip_small_norm__threshold_zeroed_too(img, fraction):
    """You also zero pixels right at the quantile: the comparison is strict, norm < quantile."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm > norm.quantile(fraction))


def clip_small_norm__channels_summed(img, fraction):
    """You take the sum of the channels, in which signs cancel, for the norm: square, sum, take the root."""
    norm = img.sum(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_norm__absolute_values_summed(img, fraction):
    """You take the sum of absolute values, an L1 norm: the norm is Euclidean, square, sum, take the root."""
    norm = img.abs().sum(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_norm__largest_channel(img, fraction):
    """You take a pixel's largest channel for its norm: the norm is Euclidean, square, sum, take the root."""
    norm = img.abs().amax(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_norm__norm_along_a_row(img, fraction):
    """You take the norm along an axis of the picture: the channels are axis 1 of (1, 3, H, W)."""
    norm = img.norm(dim=3, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_norm__quantile_of_the_entries(img, fraction):
    """Your quantile is that of the single entries of the picture: take the quantile of the pixels' norms."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= img.abs().quantile(fraction))


def clip_small_norm__one_channel_only(img, fraction):
    """You zero the first channel only: all three channels of a small pixel become zero."""
    norm = img.norm(dim=1)
    clipped = img.clone()
    clipped[:, 0][norm < norm.quantile(fraction)] = 0
    return clipped


def clip_small_norm__mean_filled_in(img, fraction):
    """You fill in the picture's mean: small pixels become zero, which is the mean colour of ImageNet already."""
    norm = img.norm(dim=1, keepdim=True)
    return torch.where(norm < norm.quantile(fraction), img.mean(), img)


def clip_small_norm__mask_returned(img, fraction):
    """You return the mask: multiply the picture by it."""
    norm = img.norm(dim=1, keepdim=True)
    return (norm >= norm.quantile(fraction)).to(img.dtype).expand_as(img)


def _right_clip_small_contribution(img, grad, fraction):
    contribution = (img * grad).sum(dim=1, keepdim=True).abs()
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__in_place(img, grad, fraction):
    """You zero pixels in the caller's picture: return a new tensor, from `img.clone()` or by a mask."""
    contribution = (img * grad).sum(dim=1).abs()
    img[:, :, contribution[0] < contribution.quantile(fraction)] = 0
    return img


def clip_small_contribution__product_in_place(img, grad, fraction):
    """`grad *= img` or `grad.mul_(img)` writes over the caller's gradient: write `img * grad`."""
    contribution = grad.mul_(img).sum(dim=1, keepdim=True).abs()
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__no_absolute_value(img, grad, fraction):
    """You drop the pixels that lower the score: a contribution counts in either direction, take its absolute value."""
    contribution = (img * grad).sum(dim=1, keepdim=True)
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__absolute_values_summed(img, grad, fraction):
    """You take absolute values before the sum: channels may cancel, so sum over the channels first."""
    contribution = (img * grad).abs().sum(dim=1, keepdim=True)
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__norm_of_the_product(img, grad, fraction):
    """You take the norm of the product over the channels: sum it over the channels, then take the absolute value."""
    contribution = (img * grad).norm(dim=1, keepdim=True)
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__largest_channel(img, grad, fraction):
    """You take the largest channel: sum the product over the three channels, then take the absolute value."""
    contribution = (img * grad).abs().amax(dim=1, keepdim=True)
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__gradient_alone(img, grad, fraction):
    """You look at the gradient alone: what a pixel contributes is its value times the gradient."""
    contribution = grad.norm(dim=1, keepdim=True)
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__gradient_summed_alone(img, grad, fraction):
    """You forget to multiply by the picture: a contribution is |sum over channels of img * grad|."""
    contribution = grad.sum(dim=1, keepdim=True).abs()
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__picture_alone(img, grad, fraction):
    """This is the clipping by norm: a contribution is |sum over channels of img * grad|."""
    norm = img.norm(dim=1, keepdim=True)
    return img * (norm >= norm.quantile(fraction))


def clip_small_contribution__sums_multiplied(img, grad, fraction):
    """You sum picture and gradient over the channels before you multiply: multiply channel by channel, then sum."""
    contribution = (img.sum(dim=1, keepdim=True) * grad.sum(dim=1, keepdim=True)).abs()
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__entry_by_entry(img, grad, fraction):
    """You clip each channel on its own: a pixel goes or stays as a whole, by the sum over its channels."""
    contribution = (img * grad).abs()
    return img * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__gradient_clipped(img, grad, fraction):
    """You clip the gradient: the picture is what is clipped and returned."""
    contribution = (img * grad).sum(dim=1, keepdim=True).abs()
    return grad * (contribution >= contribution.quantile(fraction))


def clip_small_contribution__fraction_of_the_maximum(img, grad, fraction):
    """Your threshold is a fraction of the largest contribution: it is the fraction-quantile of all contributions."""
    contribution = (img * grad).sum(dim=1, keepdim=True).abs()
    return img * (contribution >= fraction * contribution.max())


def clip_small_contribution__large_ones_zeroed(img, grad, fraction):
    """You zero the pixels that contribute most: it is the small contributions that go."""
    contribution = (img * grad).sum(dim=1, keepdim=True).abs()
    return img * (contribution < contribution.quantile(fraction))


def clip_small_contribution__threshold_zeroed_too(img, grad, fraction):
    """You also zero pixels right at the quantile: the comparison is strict, contribution < quantile."""
    contribution = (img * grad).sum(dim=1, keepdim=True).abs()
    return img * (contribution > contribution.quantile(fraction))


def _right_neuron_gradient(img, model, layer, channel):
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[0, channel, *[side // 2 for side in activation.shape[2:]]]
    return torch.autograd.grad(neuron, leaf)[0]


def neuron_gradient__whole_channel(img, model, layer, channel):
    """You sum the channel's whole map: the gradient belongs to one neuron, the one in the middle."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    return torch.autograd.grad(activation[0, channel].sum(), leaf)[0]


def neuron_gradient__channel_mean(img, model, layer, channel):
    """You average the channel's whole map: the gradient belongs to one neuron, the one in the middle."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    return torch.autograd.grad(activation[0, channel].mean(), leaf)[0]


def neuron_gradient__strongest_position(img, model, layer, channel):
    """You take the neuron of the channel that fires most: take the one in the middle, at (h // 2, w // 2)."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    return torch.autograd.grad(activation[0, channel].max(), leaf)[0]


def neuron_gradient__corner(img, model, layer, channel):
    """You take the neuron in the corner (0, 0): take the one in the middle, at (h // 2, w // 2)."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[0, channel, 0, 0] if activation.ndim == 4 else activation[0, channel]
    return torch.autograd.grad(neuron, leaf)[0]


def neuron_gradient__middle_rounded_the_other_way(img, model, layer, channel):
    """Your middle is (h - 1) // 2, one off for even sides: it is (h // 2, w // 2), counted from 0."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    middle = [(side - 1) // 2 for side in activation.shape[2:]]
    return torch.autograd.grad(activation[(0, channel, *middle)], leaf)[0]


def neuron_gradient__rows_and_columns_swapped(img, model, layer, channel):
    """You swap rows and columns: the activation is (1, C, h, w), so the middle is [h // 2, w // 2]."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    middle = [side // 2 for side in activation.shape[2:]][::-1]
    return torch.autograd.grad(activation[(0, channel, *middle)], leaf)[0]


def neuron_gradient__middle_of_the_picture(img, model, layer, channel):
    """You take the middle of the picture for that of the layer's map, which is smaller: use the activation's shape."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    middle = [side // 2 for side in img.shape[2:]][: activation.ndim - 2]
    return torch.autograd.grad(activation[(0, channel, *middle)], leaf)[0]


def neuron_gradient__all_channels(img, model, layer, channel):
    """Your signal is 1 in all channels: it is 1 at one neuron of one channel and 0 elsewhere."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    middle = [side // 2 for side in activation.shape[2:]]
    return torch.autograd.grad(activation[(0, slice(None), *middle)].sum(), leaf)[0]


def neuron_gradient__activation_as_signal(img, model, layer, channel):
    """You send the neuron's activation back instead of a 1, which multiplies the gradient by it."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[(0, channel, *[side // 2 for side in activation.shape[2:]])]
    return torch.autograd.grad(neuron, leaf, neuron.detach())[0]


def neuron_gradient__class_score(img, model, layer, channel):
    """You differentiate the network's score and ignore the layer: differentiate the activation of `layer`."""
    leaf = img.detach().clone().requires_grad_()
    return torch.autograd.grad(model(leaf)[0, channel], leaf)[0]


def neuron_gradient__maps_only(img, model, layer, channel):
    """Your function expects a map: a layer such as "logits" has the shape (1, C), with one neuron a channel."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    return torch.autograd.grad(activation[0, channel, activation.shape[2] // 2, activation.shape[3] // 2], leaf)[0]


def neuron_gradient__normalised(img, model, layer, channel):
    """You divide the gradient by its norm: return it as it is, the loop chooses the step."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[(0, channel, *[side // 2 for side in activation.shape[2:]])]
    (gradient,) = torch.autograd.grad(neuron, leaf)
    return gradient / (gradient.norm() + 1e-8)


def neuron_gradient__absolute_value(img, model, layer, channel):
    """You take the absolute value, as for a saliency map: to climb one needs the sign."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[(0, channel, *[side // 2 for side in activation.shape[2:]])]
    return torch.autograd.grad(neuron, leaf)[0].abs()


def neuron_gradient__stale_gradient(img, model, layer, channel):
    """Gradients pile up in `img.grad` when you are called again: clear it first, or work on a copy of img."""
    img.requires_grad_()
    activation = layers.activations(model, img, layer)[layer]
    activation[(0, channel, *[side // 2 for side in activation.shape[2:]])].backward()
    return img.grad.clone()


def neuron_gradient__picture_moved(img, model, layer, channel):
    """You take a step as well: return the gradient and leave the picture as it is."""
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    neuron = activation[(0, channel, *[side // 2 for side in activation.shape[2:]])]
    (gradient,) = torch.autograd.grad(neuron, leaf)
    img.data += gradient
    return gradient


def _right_deepdream_step(img, model, layer, step_size):
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__sum_of_activations(img, model, layer, step_size):
    """You climb the sum of the activations: climb half the sum of their squares, each fed back as its own gradient."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].sum(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__sum_of_absolute_activations(img, model, layer, step_size):
    """You climb the sum of the absolute activations, an L1 norm: climb half the sum of their squares."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].abs().sum(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__strongest_activation(img, model, layer, step_size):
    """You climb the strongest activation alone: all entries of the layer count, by their squares."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].abs().max(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__first_channel(img, model, layer, step_size):
    """You climb one channel: the squares of all channels of the layer count."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer][:, 0].square().sum(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__cubes(img, model, layer, step_size):
    """You feed the squared activations back, which climbs their cubes: the signal is the activation itself, dx = x."""
    leaf = img.detach().clone().requires_grad_()
    a = layers.activations(model, leaf, layer)[layer]
    (g,) = torch.autograd.grad(a, leaf, a.detach().square())
    return img + step_size * g / g.abs().mean()


def deepdream_step__class_scores(img, model, layer, step_size):
    """You climb the network's scores and ignore the layer: climb the activation of `layer`."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(model(leaf).square().sum(), leaf)
    return img + step_size * g / g.abs().mean()


def deepdream_step__not_normalised(img, model, layer, step_size):
    """Your step is the plain gradient: divide it by the mean of its absolute values."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum() / 2, leaf)
    return img + step_size * g


def deepdream_step__divided_by_the_norm(img, model, layer, step_size):
    """You divide by the Euclidean norm of the gradient: divide by the mean of its absolute values."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.norm()


def deepdream_step__divided_by_the_maximum(img, model, layer, step_size):
    """You divide by the largest absolute gradient: divide by the mean of the absolute values."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.abs().max()


def deepdream_step__divided_by_the_deviation(img, model, layer, step_size):
    """You divide by the standard deviation of the gradient: divide by the mean of its absolute values."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.std()


def deepdream_step__divided_by_the_signed_mean(img, model, layer, step_size):
    """You divide by the mean of the gradient, whose signs cancel: take absolute values before the mean."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.mean()


def deepdream_step__divided_by_absolute_mean(img, model, layer, step_size):
    """You take the mean before the absolute value: it is the mean of |g|, not |mean of g|."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.mean().abs()


def deepdream_step__channel_by_channel(img, model, layer, step_size):
    """You normalise each colour channel by its own mean: take one mean over all entries of the gradient."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g / g.abs().mean(dim=(2, 3), keepdim=True)


def deepdream_step__sign(img, model, layer, step_size):
    """You step by the sign of the gradient: divide the gradient by the mean of its absolute values."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + step_size * g.sign()


def deepdream_step__step_size_forgotten(img, model, layer, step_size):
    """You leave out step_size: the normalised gradient is multiplied by it."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img + g / g.abs().mean()


def deepdream_step__descent(img, model, layer, step_size):
    """You go downhill, and the layer sees less and less: add the step."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return img - step_size * g / g.abs().mean()


def deepdream_step__in_place(img, model, layer, step_size):
    """You edit the caller's picture: return a new tensor, `img + ...`."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    img.data += step_size * g / g.abs().mean()
    return img


def deepdream_step__step_alone(img, model, layer, step_size):
    """You return the step alone: return the picture plus the step."""
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.activations(model, leaf, layer)[layer].square().sum(), leaf)
    return step_size * g / g.abs().mean()
