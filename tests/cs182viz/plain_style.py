"""The losses of neural style, each in a line as its formula stands in the paper, for loops that take them."""

import torch


def content_loss(weight, current, original):
    return weight * (current - original).square().sum()


def gram_matrix(features):
    return torch.einsum("nchw,ndhw->ncd", features, features) / features[0].numel()


def style_loss(feats, style_layers, targets, weights):
    together = zip(style_layers, targets, weights, strict=True)
    return sum(w * (gram_matrix(feats[i]) - target).square().sum() for i, target, w in together)


def tv_loss(img, weight):
    return weight * sum(img.diff(dim=dim).square().sum() for dim in (2, 3))
