"""Right answers to the inversion notebook, each written in another way: all of them earn full marks."""

import torch
import torch.nn.functional as F


def representation_loss__powers(features, target):
    return torch.sum((features - target) ** 2) / torch.sum(target**2)


def representation_loss__norms(features, target):
    total = 0
    for code in features:
        total = total + torch.sum((code - target[0]).pow(2)) / torch.norm(target) ** 2
    return total


def representation_loss__mse(features, target):
    wanted = target.detach().expand_as(features)
    return F.mse_loss(features, wanted, reduction="sum") / F.mse_loss(target, torch.zeros_like(target), reduction="sum")


def representation_loss__means(features, target):
    return len(features) * ((features - target) ** 2).mean() / (target**2).mean()


def representation_loss__scalar_products(features, target):
    difference = (features - target).flatten()
    wanted = target.flatten()
    return (difference @ difference / (wanted @ wanted)).reshape(1)


def alpha_norm__operator(img, alpha):
    return (abs(img) ** alpha).sum()


def alpha_norm__norm_and_power(img, alpha):
    return torch.norm(img.flatten(), p=alpha) ** alpha


def alpha_norm__picture_by_picture(img, alpha):
    total = torch.zeros((), dtype=img.dtype)
    for picture in img:
        total = total + torch.pow(torch.abs(picture), alpha).sum()
    return total


def alpha_norm__signs(img, alpha):
    return torch.sum((img * img.sign()).pow(alpha))


def tv_norm__zeros_added(img, beta):
    N, C, H, W = img.shape
    dx = torch.cat([img[:, :, :, 1:] - img[:, :, :, :-1], img.new_zeros(N, C, H, 1)], dim=3)
    dy = torch.cat([img[:, :, 1:, :] - img[:, :, :-1, :], img.new_zeros(N, C, 1, W)], dim=2)
    return torch.sum((dx * dx + dy * dy) ** (beta / 2))


def tv_norm__last_row_repeated(img, beta):
    wide = F.pad(img, (0, 1, 0, 1), mode="replicate")
    squares = (wide[..., :-1, 1:] - img) ** 2 + (wide[..., 1:, :-1] - img) ** 2
    return squares.pow(beta / 2).sum()


def tv_norm__added_into_place(img, beta):
    squares = torch.zeros_like(img)
    squares[..., :-1] = squares[..., :-1] + img.diff(dim=-1).square()
    squares[..., :-1, :] = squares[..., :-1, :] + img.diff(dim=-2).square()
    return (squares ** (0.5 * beta)).sum()


def tv_norm__three_parts(img, beta):
    inside = (img[:, :, :-1, 1:] - img[:, :, :-1, :-1]) ** 2 + (img[:, :, 1:, :-1] - img[:, :, :-1, :-1]) ** 2
    last_row = (img[:, :, -1, 1:] - img[:, :, -1, :-1]) ** 2
    last_column = (img[:, :, 1:, -1] - img[:, :, :-1, -1]) ** 2
    return sum((part ** (beta / 2)).sum() for part in (inside, last_row, last_column))


def tv_norm__a_little_added(img, beta):
    dx = F.pad(img.diff(dim=3), (0, 1))
    dy = F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return torch.sqrt(dx**2 + dy**2 + 1e-12).pow(beta).sum()


def inversion_loss__in_one_line(img, target, extract, *, lambda_alpha, lambda_tv):
    return (
        lambda_tv * tv_norm(img, beta=2)
        + lambda_alpha * alpha_norm(img, alpha=6)
        + representation_loss(features=extract(img), target=target)
    )


def inversion_loss__terms_when_needed(img, target, extract, *, lambda_alpha, lambda_tv):
    loss = representation_loss(extract(img), target.detach())
    if lambda_alpha > 0:
        loss += lambda_alpha * alpha_norm(img, 6.0)
    if lambda_tv > 0:
        loss += lambda_tv * tv_norm(img, 2.0)
    return loss


def inversion_loss__all_by_hand(img, target, extract, *, lambda_alpha, lambda_tv):
    code = extract(img)
    loss = ((code - target) ** 2).sum() / (target**2).sum()
    smooth = (img[:, :, :, 1:] - img[:, :, :, :-1]).pow(2).sum() + (img[:, :, 1:] - img[:, :, :-1]).pow(2).sum()
    return loss + lambda_alpha * (img**6).sum() + lambda_tv * smooth


def inversion_loss__picture_by_picture(img, target, extract, *, lambda_alpha, lambda_tv):
    losses = []
    for n in range(img.shape[0]):
        picture = img[n : n + 1]
        prior = lambda_alpha * alpha_norm(picture, 6) + lambda_tv * tv_norm(picture, 2)
        losses.append(representation_loss(extract(picture), target) + prior)
    return torch.stack([loss.reshape(()) for loss in losses]).sum()


def inversion_loss__stacked(img, target, extract, *, lambda_alpha, lambda_tv):
    parts = [representation_loss(extract(img), target), alpha_norm(img, 6), tv_norm(img, 2)]
    weights = torch.tensor([1.0, lambda_alpha, lambda_tv], dtype=img.dtype)
    return (weights * torch.stack([part.reshape(()) for part in parts])).sum()
