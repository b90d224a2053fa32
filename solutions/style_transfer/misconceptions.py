"""Mistakes that students make in the style transfer notebook: one wrong version each, the docstring is the hint.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import torch
import torch.nn.functional as F


def _right_content_loss(content_weight, content_current, content_original):
    return content_weight * (content_current - content_original).square().sum()


def content_loss__weight_ignored(content_weight, content_current, content_original):
    """You forget content_weight: multiply the sum by it."""
    return (content_current - content_original).square().sum()


def content_loss__weight_squared(content_weight, content_current, content_original):
    """Your weight ends up inside the square: multiply by content_weight once, outside."""
    return (content_weight * (content_current - content_original)).square().sum()


def content_loss__mean_instead_of_sum(content_weight, content_current, content_original):
    """You take the mean, as F.mse_loss does unless told otherwise: the loss is the sum over all entries."""
    return content_weight * F.mse_loss(content_current, content_original)


def content_loss__mean_over_pictures(content_weight, content_current, content_original):
    """You divide by the number of pictures: the sum runs over them as well."""
    return content_weight * (content_current - content_original).square().sum() / len(content_current)


def content_loss__not_squared(content_weight, content_current, content_original):
    """You add up the differences themselves: square each of them first."""
    return content_weight * (content_current - content_original).sum()


def content_loss__absolute(content_weight, content_current, content_original):
    """You add up absolute differences: the content loss squares them."""
    return content_weight * (content_current - content_original).abs().sum()


def content_loss__square_of_the_sum(content_weight, content_current, content_original):
    """You square the sum, where differences cancel: square each difference, then add up."""
    return content_weight * (content_current - content_original).sum() ** 2


def content_loss__square_root(content_weight, content_current, content_original):
    """You take the norm, a square root too many: the content loss is the sum of squares."""
    return content_weight * torch.linalg.vector_norm(content_current - content_original)


def content_loss__half(content_weight, content_current, content_original):
    """You put the paper's factor 1/2 in front: our loss has none."""
    return 0.5 * content_weight * (content_current - content_original).square().sum()


def content_loss__negative(content_weight, content_current, content_original):
    """Your sign is turned: the loss is minimised, so it grows with the distance."""
    return -content_weight * (content_current - content_original).square().sum()


def content_loss__difference_of_squares(content_weight, content_current, content_original):
    """You subtract squares: take the difference first and square it then."""
    return content_weight * (content_current.square().sum() - content_original.square().sum())


def content_loss__detached(content_weight, content_current, content_original):
    """`.item()` cuts the loss off from the picture, nothing can be optimised: return the tensor itself."""
    return content_weight * (content_current - content_original).square().sum().item()


def content_loss__current_detached(content_weight, content_current, content_original):
    """You detach content_current, the one that is painted: if any, detach content_original, the fixed target."""
    return content_weight * (content_current.detach() - content_original).square().sum()


def content_loss__no_grad(content_weight, content_current, content_original):
    """Under torch.no_grad() the loss forgets where it came from: compute it without."""
    with torch.no_grad():
        return content_weight * (content_current - content_original).square().sum()


def content_loss__one_number_per_picture(content_weight, content_current, content_original):
    """You return one number for each picture: the sum runs over the pictures as well."""
    return content_weight * (content_current - content_original).square().sum(dim=(1, 2, 3))


def content_loss__first_picture_only(content_weight, content_current, content_original):
    """You compare the first picture only: the sum runs over all N."""
    return content_weight * (content_current[0] - content_original[0]).square().sum()


def content_loss__edits_in_place(content_weight, content_current, content_original):
    """`-=` overwrites the activations that you were given: write the difference to a new variable."""
    content_current -= content_original
    return content_weight * content_current.square().sum()


def _right_gram_matrix(features, normalize=True):
    rows = features.flatten(2)
    return rows @ rows.mT / (rows[0].numel() if normalize else 1)


def gram_matrix__never_normalized(features, normalize=True):
    """You never divide: with normalize, the Gram matrix is divided by C * H * W."""
    rows = features.flatten(2)
    return rows @ rows.mT


def gram_matrix__always_normalized(features, normalize=True):
    """You always divide: without normalize, the plain sum over the positions is wanted."""
    rows = features.flatten(2)
    return rows @ rows.mT / rows[0].numel()


def gram_matrix__default_is_false(features, normalize=False):
    """You changed the default: normalize is True unless the caller says otherwise."""
    rows = features.flatten(2)
    return rows @ rows.mT / (rows[0].numel() if normalize else 1)


def gram_matrix__normalize_turned_round(features, normalize=True):
    """You divide exactly when you should not: look at your condition on normalize."""
    rows = features.flatten(2)
    return rows @ rows.mT / (1 if normalize else rows[0].numel())


def gram_matrix__divided_by_positions(features, normalize=True):
    """You divide by H * W: divide by C * H * W, the channels count too."""
    rows = features.flatten(2)
    return rows @ rows.mT / (rows.shape[2] if normalize else 1)


def gram_matrix__divided_by_channels(features, normalize=True):
    """You divide by C * C, the entries of the matrix: divide by C * H * W, the entries of the activations."""
    rows = features.flatten(2)
    return rows @ rows.mT / (rows.shape[1] ** 2 if normalize else 1)


def gram_matrix__divided_by_the_batch(features, normalize=True):
    """You divide by N * C * H * W, so a picture's matrix depends on how many others came along: divide by C * H * W."""
    rows = features.flatten(2)
    return rows @ rows.mT / (features.numel() if normalize else 1)


def gram_matrix__divided_before_the_product(features, normalize=True):
    """You divide the activations before you multiply, so the divisor counts twice: divide the product."""
    rows = features.flatten(2)
    rows = rows / rows[0].numel() if normalize else rows
    return rows @ rows.mT


def gram_matrix__unit_rows(features, normalize=True):
    """You scale each channel to length one: normalising means dividing by C * H * W here."""
    rows = features.flatten(2)
    rows = F.normalize(rows, dim=2) if normalize else rows
    return rows @ rows.mT


def gram_matrix__mean_subtracted(features, normalize=True):
    """You subtract the mean, which makes a covariance: the Gram matrix takes the activations as they are."""
    rows = features.flatten(2)
    rows = rows - rows.mean(dim=2, keepdim=True)
    return rows @ rows.mT / (rows[0].numel() if normalize else 1)


def gram_matrix__first_picture_only(features, normalize=True):
    """You return the matrix of picture 0 alone, (C, C): return one for each picture, (N, C, C)."""
    rows = features[0].flatten(1)
    return rows @ rows.mT / (rows.numel() if normalize else 1)


def gram_matrix__summed_over_pictures(features, normalize=True):
    """You add all pictures up into one matrix (C, C): each picture has a Gram matrix of its own."""
    gram = torch.einsum("nchw,ndhw->cd", features, features)
    return gram / (features[0].numel() if normalize else 1)


def gram_matrix__same_for_every_picture(features, normalize=True):
    """Every picture gets the sum over the whole batch: a Gram matrix knows one picture only."""
    gram = torch.einsum("nchw,ndhw->cd", features, features).expand(len(features), -1, -1)
    return gram / (features[0].numel() if normalize else 1)


def gram_matrix__pictures_as_channels(features, normalize=True):
    """You multiply channels of different pictures, (N*C, N*C): keep N as a batch dimension and use bmm or @."""
    N, C, H, W = features.shape
    rows = features.reshape(N * C, H * W)
    return rows @ rows.T / (C * H * W if normalize else 1)


def gram_matrix__over_channels(features, normalize=True):
    """You sum over the channels, which gives (N, HW, HW): sum over the positions, for every pair of channels."""
    rows = features.flatten(2)
    return rows.mT @ rows / (rows[0].numel() if normalize else 1)


def gram_matrix__reshaped_instead_of_transposed(features, normalize=True):
    """`view(N, H*W, C)` does not transpose, it mixes channels and positions: use (N, C, H*W) and its transpose."""
    N, C, H, W = features.shape
    columns = features.reshape(N, H * W, C)
    return columns.mT @ columns / (C * H * W if normalize else 1)


def gram_matrix__squares_only(features, normalize=True):
    """You multiply each channel with itself only, (N, C): every pair of channels has an entry."""
    return features.square().sum(dim=(2, 3)) / (features[0].numel() if normalize else 1)


def gram_matrix__square_pictures_only(features, normalize=True):
    """You take the width for the height as well: H and W may differ."""
    N, C, _, W = features.shape
    rows = features.reshape(N, C, W * W)
    return rows @ rows.mT / (C * W * W if normalize else 1)


def gram_matrix__detached(features, normalize=True):
    """You detach the Gram matrix (`.data`, `.detach()`): no gradient reaches the picture, leave it attached."""
    rows = features.detach().flatten(2)
    return rows @ rows.mT / (rows[0].numel() if normalize else 1)


def gram_matrix__edits_in_place(features, normalize=True):
    """You divide the activations that you were given in place: divide the product, or a copy."""
    if normalize:
        features /= features[0].numel() ** 0.5
    rows = features.flatten(2)
    return rows @ rows.mT


def gram_matrix__one_picture_built_in(features, normalize=True):
    """Your view has no place for N, so it holds for one picture only: keep N as the first dimension."""
    _, C, H, W = features.shape
    rows = features.reshape(C, H * W)
    return (rows @ rows.T / (C * H * W if normalize else 1))[None]


def _right_style_loss(feats, style_layers, style_targets, style_weights):
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        gram = rows @ rows.mT / rows[0].numel()
        loss = loss + weight * (gram - target).square().sum()
    return loss


def _right_style_loss__2(feats, style_layers, style_targets, style_weights):
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss


def style_loss__loop_index_as_layer(feats, style_layers, style_targets, style_weights):
    """You take feats[i] with the loop's index: the layer's place in feats is style_layers[i]."""
    loss = 0
    for i in range(len(style_layers)):
        rows = feats[i].flatten(2)
        gram = rows @ rows.mT / rows[0].numel()
        loss = loss + style_weights[i] * (gram - style_targets[i]).square().sum()
    return loss


def style_loss__layer_as_list_index(feats, style_layers, style_targets, style_weights):
    """You look up targets and weights by layer: they go by position, style_targets[i] belongs to style_layers[i]."""
    loss = 0
    for layer in style_layers:
        rows = feats[layer].flatten(2)
        gram = rows @ rows.mT / rows[0].numel()
        loss = loss + style_weights[layer] * (gram - style_targets[layer]).square().sum()
    return loss


def style_loss__layers_taken_in_ascending_order(feats, style_layers, style_targets, style_weights):
    """You go through feats and take targets as they come: style_layers may have any order, go through it instead."""
    loss, i = 0, 0
    for layer, features in enumerate(feats):
        if layer in style_layers:
            rows = features.flatten(2)
            gram = rows @ rows.mT / rows[0].numel()
            loss = loss + style_weights[i] * (gram - style_targets[i]).square().sum()
            i += 1
    return loss


def style_loss__last_layer_only(feats, style_layers, style_targets, style_weights):
    """You overwrite the loss at every layer (`=`): add each layer's term to it (`+=`)."""
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = weight * (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss


def style_loss__first_layer_only(feats, style_layers, style_targets, style_weights):
    """Your return stands inside the loop, so it ends after one layer: move it out."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss += weight * (rows @ rows.mT / rows[0].numel() - target).square().sum()
        return loss
    return loss


def style_loss__weights_ignored(feats, style_layers, style_targets, style_weights):
    """You forget the weights: multiply each layer's term by its own."""
    loss = 0
    for layer, target in zip(style_layers, style_targets, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss


def style_loss__weights_averaged(feats, style_layers, style_targets, style_weights):
    """You give every layer the average weight: each has its own, style_weights[i]."""
    loss, weight = 0, sum(style_weights) / len(style_weights)
    for layer, target in zip(style_layers, style_targets, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss


def style_loss__weights_squared(feats, style_layers, style_targets, style_weights):
    """Your weights end up inside the square: multiply the sum of squares by the weight, once."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + (weight * (rows @ rows.mT / rows[0].numel() - target)).square().sum()
    return loss


def style_loss__mean_over_layers(feats, style_layers, style_targets, style_weights):
    """You divide by the number of layers: the style loss is their sum."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss / len(style_layers)


def style_loss__mean_over_entries(feats, style_layers, style_targets, style_weights):
    """You average over the entries of the Gram matrix, as F.mse_loss does unless told otherwise: add them up."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * F.mse_loss(rows @ rows.mT / rows[0].numel(), target)
    return loss


def style_loss__quarter(feats, style_layers, style_targets, style_weights):
    """You put the paper's factor 1/4 in front: our loss has none."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight / 4 * (rows @ rows.mT / rows[0].numel() - target).square().sum()
    return loss


def style_loss__papers_divisor(feats, style_layers, style_targets, style_weights):
    """You divide by (2 C H W)^2 as the paper does: here the Gram matrices are already divided by C H W."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        difference = rows @ rows.mT / rows[0].numel() - target
        loss = loss + weight * difference.square().sum() / (2 * rows[0].numel()) ** 2
    return loss


def style_loss__gram_not_normalized(feats, style_layers, style_targets, style_weights):
    """You compare an unnormalised Gram matrix with a normalised target: divide yours by C * H * W as well."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT - target).square().sum()
    return loss


def style_loss__gram_of_the_target(feats, style_layers, style_targets, style_weights):
    """You take the Gram matrix of the targets, which are Gram matrices already: compare with them as they are."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        again = target @ target.mT / target[0].numel()
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - again).square().sum()
    return loss


def style_loss__not_squared(feats, style_layers, style_targets, style_weights):
    """You add up the differences of the Gram matrices as they are: square each of them first."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - target).sum()
    return loss


def style_loss__absolute(feats, style_layers, style_targets, style_weights):
    """You add up absolute differences: the style loss squares them."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * (rows @ rows.mT / rows[0].numel() - target).abs().sum()
    return loss


def style_loss__square_root(feats, style_layers, style_targets, style_weights):
    """You take the norm of the difference, a square root too many: add up the squares."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss = loss + weight * torch.linalg.norm(rows @ rows.mT / rows[0].numel() - target)
    return loss


def style_loss__first_picture_only(feats, style_layers, style_targets, style_weights):
    """You compare the Gram matrices of the first picture only: the sum runs over all N."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer][0].flatten(1)
        loss = loss + weight * (rows @ rows.mT / rows.numel() - target[0]).square().sum()
    return loss


def style_loss__detached(feats, style_layers, style_targets, style_weights):
    """`.item()` cuts the loss off from the picture, nothing can be optimised: add up the tensors themselves."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        loss += weight * (rows @ rows.mT / rows[0].numel() - target).square().sum().item()
    return loss


def style_loss__new_tensor_at_the_end(feats, style_layers, style_targets, style_weights):
    """`torch.tensor(loss)` makes a new number without a history: return the sum of the terms itself."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].detach().flatten(2)
        loss += weight * float((rows @ rows.mT / rows[0].numel() - target).square().sum())
    return torch.tensor(loss)


def style_loss__edits_targets_in_place(feats, style_layers, style_targets, style_weights):
    """`-=` overwrites the targets, which are wrong from the second step on: write to a new variable."""
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        rows = feats[layer].flatten(2)
        target -= rows @ rows.mT / rows[0].numel()
        loss = loss + weight * target.square().sum()
    return loss


def _right_tv_loss(img, tv_weight):
    return tv_weight * (img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum())


def tv_loss__weight_ignored(img, tv_weight):
    """You forget tv_weight: multiply the sum by it."""
    return img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum()


def tv_loss__weight_on_one_term(img, tv_weight):
    """Your weight multiplies the first sum only: put the two sums in brackets."""
    return tv_weight * img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum()


def tv_loss__weight_squared(img, tv_weight):
    """Your weight ends up inside the square: multiply by tv_weight once, outside."""
    return (tv_weight * img.diff(dim=2)).square().sum() + (tv_weight * img.diff(dim=3)).square().sum()


def tv_loss__absolute(img, tv_weight):
    """You add up absolute differences: square them."""
    return tv_weight * (img.diff(dim=2).abs().sum() + img.diff(dim=3).abs().sum())


def tv_loss__not_squared(img, tv_weight):
    """You add up the differences themselves, which cancel: square each of them first."""
    return tv_weight * (img.diff(dim=2).sum() + img.diff(dim=3).sum())


def tv_loss__square_of_the_sum(img, tv_weight):
    """You square the sums: square each difference, then add up."""
    return tv_weight * (img.diff(dim=2).sum() ** 2 + img.diff(dim=3).sum() ** 2)


def tv_loss__square_root(img, tv_weight):
    """You take square roots of the sums, two norms: the sums of squares themselves are wanted."""
    return tv_weight * (torch.linalg.vector_norm(img.diff(dim=2)) + torch.linalg.vector_norm(img.diff(dim=3)))


def tv_loss__vertical_only(img, tv_weight):
    """You compare vertical neighbours only: the horizontal ones count as well."""
    return tv_weight * img.diff(dim=2).square().sum()


def tv_loss__horizontal_only(img, tv_weight):
    """You compare horizontal neighbours only: the vertical ones count as well."""
    return tv_weight * img.diff(dim=3).square().sum()


def tv_loss__cropped_on_both_axes(img, tv_weight):
    """You cut off the last row and column in both sums: vertical pairs exist in all columns, horizontal in all rows."""
    corner = img[:, :, :-1, :-1]
    return tv_weight * ((img[:, :, 1:, :-1] - corner).square().sum() + (img[:, :, :-1, 1:] - corner).square().sum())


def tv_loss__euclidean(img, tv_weight):
    """You take the length of each pixel's gradient, a square root of dx^2 + dy^2: add up the squares."""
    dy = img[:, :, 1:, :-1] - img[:, :, :-1, :-1]
    dx = img[:, :, :-1, 1:] - img[:, :, :-1, :-1]
    return tv_weight * (dx.square() + dy.square()).sqrt().sum()


def tv_loss__wraps_around(img, tv_weight):
    """`torch.roll` makes the last row a neighbour of the first: leave that pair out, slice instead."""
    vertical, horizontal = img - img.roll(1, dims=2), img - img.roll(1, dims=3)
    return tv_weight * (vertical.square().sum() + horizontal.square().sum())


def tv_loss__diagonal(img, tv_weight):
    """You compare diagonal neighbours: compare with the pixel below, and with the pixel to the right."""
    return tv_weight * (img[:, :, 1:, 1:] - img[:, :, :-1, :-1]).square().sum()


def tv_loss__two_pixels_apart(img, tv_weight):
    """You compare pixels that are two apart: neighbours are one apart."""
    vertical, horizontal = img[:, :, 2:] - img[:, :, :-2], img[:, :, :, 2:] - img[:, :, :, :-2]
    return tv_weight * (vertical.square().sum() + horizontal.square().sum())


def tv_loss__channels_as_neighbours(img, tv_weight):
    """You compare colours with each other: the axes are (1, 3, H, W), rows are axis 2 and columns axis 3."""
    return tv_weight * (img.diff(dim=1).square().sum() + img.diff(dim=2).square().sum())


def tv_loss__mean(img, tv_weight):
    """You average: the total variation is a sum."""
    return tv_weight * (img.diff(dim=2).square().mean() + img.diff(dim=3).square().mean())


def tv_loss__half(img, tv_weight):
    """You halve the sum: every pair counts once and in full."""
    return tv_weight * 0.5 * (img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum())


def tv_loss__every_pair_twice(img, tv_weight):
    """You count every pair from both of its sides: once is enough."""
    return 2 * tv_weight * (img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum())


def tv_loss__one_channel_only(img, tv_weight):
    """You look at the red channel only: all three count."""
    red = img[:, 0]
    return tv_weight * (red.diff(dim=1).square().sum() + red.diff(dim=2).square().sum())


def tv_loss__grey(img, tv_weight):
    """You average the colours first, where they cancel: take each channel's own differences."""
    grey = img.mean(dim=1)
    return tv_weight * (grey.diff(dim=1).square().sum() + grey.diff(dim=2).square().sum())


def tv_loss__square_pictures_only(img, tv_weight):
    """You use the height for both axes, which fails unless the picture is square: take W for the columns."""
    H = img.shape[2]
    vertical = img[:, :, 1:, :] - img[:, :, : H - 1, :]
    horizontal = img[:, :, :, 1:H] - img[:, :, :, : H - 1]
    return tv_weight * (vertical.square().sum() + horizontal.square().sum())


def tv_loss__detached(img, tv_weight):
    """You detach the picture (`.data`, `.detach()`, `.item()`): no gradient reaches it, leave the loss attached."""
    img = img.detach()
    return tv_weight * (img.diff(dim=2).square().sum() + img.diff(dim=3).square().sum())


def tv_loss__edits_in_place(img, tv_weight):
    """You write the differences into the picture that you were given: write them to new variables."""
    horizontal = img.diff(dim=3)
    img[:, :, 1:] -= img[:, :, :-1].clone()
    return tv_weight * (img[:, :, 1:].square().sum() + horizontal.square().sum())
