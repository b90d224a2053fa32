"""Mistakes that students make in attribution: one wrong version each, the docstring is the hint."""

import torch

from cs182viz import layers


def _right_path_points(baseline, X, steps):
    alphas = (torch.arange(steps, dtype=X.dtype) + 0.5) / steps
    return baseline + alphas.view(steps, 1, 1, 1) * (X - baseline)


def path_points__left_ends(baseline, X, steps):
    """You take the left end of each piece: the middle is half a piece further."""
    alphas = torch.arange(steps, dtype=X.dtype) / steps
    return baseline + alphas.view(steps, 1, 1, 1) * (X - baseline)


def path_points__right_ends(baseline, X, steps):
    """You take the right end of each piece: the middle is half a piece before."""
    alphas = (torch.arange(steps, dtype=X.dtype) + 1) / steps
    return baseline + alphas.view(steps, 1, 1, 1) * (X - baseline)


def path_points__both_ends(baseline, X, steps):
    """Your points include the baseline and the picture: take the middles of the pieces."""
    alphas = torch.linspace(0, 1, steps, dtype=X.dtype)
    return baseline + alphas.view(steps, 1, 1, 1) * (X - baseline)


def path_points__backwards(baseline, X, steps):
    """Your path begins at the picture: begin at the baseline."""
    alphas = (torch.arange(steps, dtype=X.dtype) + 0.5) / steps
    return X + alphas.view(steps, 1, 1, 1) * (baseline - X)


def path_points__from_zero(baseline, X, steps):
    """You scale the picture, which is a path from zero: start from the baseline."""
    alphas = (torch.arange(steps, dtype=X.dtype) + 0.5) / steps
    return alphas.view(steps, 1, 1, 1) * X


def _right_integrated_gradients(X, label, model, baseline, steps):
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return (X - baseline) * gradients.mean(dim=0)


def integrated_gradients__gradient_alone(X, label, model, baseline, steps):
    """You return the mean gradient: multiply it by the way of each pixel, X minus the baseline."""
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return gradients.mean(dim=0, keepdim=True)


def integrated_gradients__times_the_picture(X, label, model, baseline, steps):
    """You multiply by the picture: multiply by its difference from the baseline."""
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return X * gradients.mean(dim=0)


def integrated_gradients__sum(X, label, model, baseline, steps):
    """You add the gradients up: take their mean over the points, or the contributions grow with steps."""
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return (X - baseline) * gradients.sum(dim=0)


def integrated_gradients__of_the_probability(X, label, model, baseline, steps):
    """You differentiate the probability: take the raw score, before the softmax."""
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points).softmax(dim=1)[:, label].sum(), points)
    return (X - baseline) * gradients.mean(dim=0)


def integrated_gradients__absolute(X, label, model, baseline, steps):
    """You take absolute values: a pixel may also speak against the class, keep the sign."""
    points = path_points(baseline, X, steps).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return ((X - baseline) * gradients.mean(dim=0)).abs()


def integrated_gradients__at_the_picture(X, label, model, baseline, steps):
    """You take the gradient at the picture alone (that is gradient times input): take the mean over the path."""
    points = X.detach().clone().requires_grad_()
    (gradients,) = torch.autograd.grad(model(points)[:, label].sum(), points)
    return (X - baseline) * gradients


def _right_completeness_gap(attribution, X, label, model, baseline):
    with torch.no_grad():
        won = (model(X) - model(baseline))[0, label]
    return attribution.sum() - won


def completeness_gap__baseline_forgotten(attribution, X, label, model, baseline):
    """You compare with the score of the picture: subtract what the baseline had already."""
    with torch.no_grad():
        return attribution.sum() - model(X)[0, label]


def completeness_gap__sign(attribution, X, label, model, baseline):
    """The sign is turned round: what was handed out comes first, what was won is subtracted."""
    with torch.no_grad():
        return (model(X) - model(baseline))[0, label] - attribution.sum()


def completeness_gap__probability(attribution, X, label, model, baseline):
    """You compare with probabilities: the contributions add up to the raw score."""
    with torch.no_grad():
        won = (model(X).softmax(dim=1) - model(baseline).softmax(dim=1))[0, label]
    return attribution.sum() - won


def completeness_gap__mean(attribution, X, label, model, baseline):
    """You take the mean of the contributions: they add up, take the sum."""
    with torch.no_grad():
        won = (model(X) - model(baseline))[0, label]
    return attribution.mean() - won


def _right_grad_cam(X, label, model, layer):
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * channels).sum(dim=1)[0].relu().detach()


def grad_cam__no_relu(X, label, model, layer):
    """Your map has negative entries: keep what speaks for the class, with a ReLU at the end."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * channels).sum(dim=1)[0].detach()


def grad_cam__absolute(X, label, model, layer):
    """You take absolute values at the end: what speaks against the class becomes 0, with a ReLU."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * channels).sum(dim=1)[0].abs().detach()


def grad_cam__not_averaged(X, label, model, layer):
    """You multiply position by position: average the gradient over all positions of a channel first."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    return (gradient * channels).sum(dim=1)[0].relu().detach()


def grad_cam__summed_weights(X, label, model, layer):
    """You add the gradient over the positions: a channel's weight is the mean."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.sum(dim=(2, 3), keepdim=True)
    return (weights * channels).sum(dim=1)[0].relu().detach()


def grad_cam__relu_first(X, label, model, layer):
    """You drop negative weights before you add the channels: the ReLU comes last."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.mean(dim=(2, 3), keepdim=True).relu()
    return (weights * channels).sum(dim=1)[0].relu().detach()


def grad_cam__mean_of_channels(X, label, model, layer):
    """You average over the channels: add them up."""
    with layers.record(model, layer) as seen:
        score = model(X.detach().clone().requires_grad_())[0, label]
    channels = seen[layer]
    (gradient,) = torch.autograd.grad(score, channels)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * channels).mean(dim=1)[0].relu().detach()
