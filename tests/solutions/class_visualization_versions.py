"""Right answers to the class visualization notebook, each written in another way: all of them earn full marks."""

import numpy as np
import torch

from cs182viz import layers


def class_visualization_update_step__backward_and_clear(img, model, target_y, l2_reg, learning_rate):
    img.requires_grad_()
    score = model(img)[:, target_y]
    loss = score - l2_reg * torch.sum(img * img)
    loss.backward()
    with torch.no_grad():
        img += learning_rate * img.grad
        img.grad.zero_()
    return img


def class_visualization_update_step__squared_norm(img, model, target_y, l2_reg, learning_rate):
    img.requires_grad_(True)
    img.grad = None
    objective = model(img)[0][target_y] - l2_reg * torch.norm(img) ** 2
    objective.backward()
    img.data.add_(img.grad.data, alpha=learning_rate)


def class_visualization_update_step__penalty_by_hand(img, model, target_y, l2_reg, learning_rate):
    leaf = img.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(model(leaf)[0, target_y], leaf)
    img += learning_rate * (slope - 2 * l2_reg * img)


def class_visualization_update_step__descent_of_the_loss(img, model, target_y, l2_reg, learning_rate):
    leaf = torch.nn.Parameter(img.detach().clone())
    optimizer = torch.optim.SGD([leaf], lr=learning_rate)
    (l2_reg * leaf.pow(2).sum() - model(leaf)[0, target_y]).backward()
    optimizer.step()
    with torch.no_grad():
        img.copy_(leaf)


def class_visualization_update_step__one_hot_signal(img, model, target_y, l2_reg, learning_rate):
    def scores(picture):
        return model(picture)

    values, pull_back = torch.func.vjp(scores, img.detach())
    signal = torch.zeros_like(values)
    signal[0, target_y] = 1
    (slope,) = pull_back(signal)
    img.data *= 1 - 2 * learning_rate * l2_reg
    img.data += learning_rate * slope


def clip_small_norm__clone_and_zero(img, fraction):
    norm = torch.sqrt((img**2).sum(dim=1))  # (1, H, W)
    threshold = torch.quantile(norm.flatten(), fraction)
    clipped = img.clone()
    clipped[:, :, norm[0] < threshold] = 0
    return clipped


def clip_small_norm__squares_are_enough(img, fraction):
    squares = img.square().sum(dim=1, keepdim=True)
    return torch.where(squares < squares.quantile(fraction), torch.zeros_like(img), img)


def clip_small_norm__numpy(img, fraction):
    values = img.detach().numpy()
    norm = np.linalg.norm(values, axis=1, keepdims=True)
    return torch.from_numpy(values * (norm >= np.percentile(norm, 100 * fraction)).astype(values.dtype))


def clip_small_norm__pixel_by_pixel(img, fraction):
    _, _, height, width = img.shape
    threshold = torch.quantile(torch.linalg.vector_norm(img, dim=1), fraction)
    clipped = img.clone()
    for i in range(height):
        for j in range(width):
            if torch.linalg.vector_norm(img[0, :, i, j]) < threshold - 1e-9:
                clipped[0, :, i, j] = 0
    return clipped


def clip_small_norm__masked_fill(img, fraction):
    norm = img.norm(p=2, dim=1, keepdim=True)
    return img.masked_fill(norm < torch.quantile(norm, fraction), 0.0)


def clip_small_contribution__clone_and_zero(img, grad, fraction):
    contribution = torch.abs(torch.sum(img * grad, dim=1))
    clipped = img.clone()
    clipped[:, :, contribution[0] < torch.quantile(contribution, fraction)] = 0
    return clipped


def clip_small_contribution__einsum(img, grad, fraction):
    contribution = torch.einsum("nchw,nchw->nhw", img, grad).abs()[:, None]
    return torch.where(contribution < contribution.quantile(fraction), torch.zeros_like(img), img)


def clip_small_contribution__numpy(img, grad, fraction):
    values = img.numpy()
    contribution = np.abs((values * grad.numpy()).sum(axis=1))
    clipped = values.copy()
    clipped[:, :, contribution[0] < np.quantile(contribution, fraction)] = 0
    return torch.from_numpy(clipped)


def clip_small_contribution__squared(img, grad, fraction):
    contribution = (img * grad).mean(dim=1, keepdim=True).square()
    return img * (contribution >= torch.quantile(contribution, fraction)).to(img.dtype)


def clip_small_contribution__sorted_by_hand(img, grad, fraction):
    contribution = sum(img[:, c] * grad[:, c] for c in range(3)).abs()
    ordered = contribution.flatten().sort().values
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    threshold = ordered[below] + (place - below) * (ordered[above] - ordered[below])
    return img.masked_fill((contribution < threshold)[:, None], 0)


def neuron_gradient__neuron_picked(img, model, layer, channel):
    leaf = img.clone().requires_grad_(True)
    activation = layers.activations(model, leaf, layer)[layer]
    if activation.ndim == 4:
        _, _, h, w = activation.shape
        activation[0, channel, h // 2, w // 2].backward()
    else:
        activation[0, channel].backward()
    return leaf.grad


def neuron_gradient__recorded_on_the_way(img, model, layer, channel):
    leaf = img.detach().clone().requires_grad_()
    with layers.record(model, [layer]) as seen:
        model(leaf)
    activation = seen[layer]
    neuron = activation[0, channel]
    if neuron.dim() == 2:
        neuron = neuron[neuron.shape[0] // 2, neuron.shape[1] // 2]
    return torch.autograd.grad(neuron, leaf)[0]


def neuron_gradient__backward_on_the_caller(img, model, layer, channel):
    img.requires_grad_()
    img.grad = None
    activation = layers.extractor(model, layer)(img)
    signal = torch.zeros_like(activation)
    if signal.ndim > 2:
        signal[:, channel, signal.size(2) // 2, signal.size(3) // 2] = 1
    else:
        signal[:, channel] = 1
    activation.backward(signal)
    return img.grad.detach().clone()


def neuron_gradient__vjp(img, model, layer, channel):
    def seen(picture):
        return layers.activations(model, picture, layer)[layer].flatten(2) if layer != "logits" else model(picture)

    shape = layers.activations(model, img, layer)[layer].shape
    values, pull_back = torch.func.vjp(seen, img)
    signal = torch.zeros_like(values)
    if len(shape) == 4:
        signal[0, channel, (shape[2] // 2) * shape[3] + shape[3] // 2] = 1
    else:
        signal[0, channel] = 1
    return pull_back(signal)[0]


def neuron_gradient__mask(img, model, layer, channel):
    leaf = img.detach().clone().requires_grad_()
    activation = layers.activations(model, leaf, layer)[layer]
    mask = torch.zeros(activation.shape, dtype=activation.dtype)
    mask[tuple([0, channel] + [n // 2 for n in activation.shape[2:]])] = 1
    (activation * mask).sum().backward()
    return leaf.grad


def deepdream_step__half_the_squares(img, model, layer, step_size):
    leaf = img.clone().detach().requires_grad_(True)
    loss = 0.5 * (layers.activations(model, leaf, layer)[layer] ** 2).sum()
    loss.backward()
    return img + step_size * leaf.grad / torch.mean(torch.abs(leaf.grad))


def deepdream_step__norm(img, model, layer, step_size):
    leaf = img.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(layers.extractor(model, layer)(leaf).norm(), leaf)
    return (img + step_size * g / g.abs().mean()).detach()


def deepdream_step__fed_back_with_epsilon(img, model, layer, step_size):
    leaf = img.detach().clone().requires_grad_()
    with layers.record(model, layer) as seen:
        model(leaf)
    activation = seen[layer]
    activation.backward(activation.data)
    return img + leaf.grad * (step_size / (leaf.grad.abs().mean() + 1e-8))


def deepdream_step__mean_of_squares(img, model, layer, step_size):
    picture = img.detach().clone()
    picture.requires_grad = True
    activation = layers.activations(model, picture, [layer])[layer]
    activation.pow(2).mean().backward()
    g = picture.grad.data
    with torch.no_grad():
        picture += step_size * g / (g.abs().sum() / g.numel())
    return picture
