"""Mistakes that students really make in the inversion notebook; each docstring is the hint that they read.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import torch
import torch.nn.functional as F


def _right_representation_loss(features, target):
    return (features - target).square().sum() / target.square().sum()


def representation_loss__not_squared(features, target):
    """You divide the distance by the length without squaring: both are sums of squares, with no square root."""
    return sum((code - target[0]).norm() for code in features) / target.norm()


def representation_loss__squared_twice(features, target):
    """You square once too often: the loss is the sum of squared differences over the sum of squares."""
    return ((features - target).square().sum() / target.square().sum()) ** 2


def representation_loss__absolute_differences(features, target):
    """You add absolute differences: square them, and square the target's entries too."""
    return (features - target).abs().sum() / target.abs().sum()


def representation_loss__not_normalised(features, target):
    """You do not divide by the size of the target: divide by the sum of its squares."""
    return (features - target).square().sum()


def representation_loss__length_not_squared(features, target):
    """You divide by the length of the target: divide by its square, ||target||^2."""
    return (features - target).square().sum() / target.norm()


def representation_loss__divided_by_features(features, target):
    """You divide by the size of the features: divide by the size of the target, which stays the same all along."""
    return sum((code - target[0]).square().sum() / code.square().sum().clamp(min=1e-12) for code in features)


def representation_loss__mean_over_sum(features, target):
    """You take the mean above and the sum below the fraction: take the sum in both places."""
    return (features - target).square().mean() / target.square().sum()


def representation_loss__mean_over_batch(features, target):
    """You average over the pictures of the batch: the loss is their sum, so that each picture counts as if alone."""
    return (features - target).square().sum() / target.square().sum() / len(features)


def representation_loss__target_counted_n_times(features, target):
    """You divide by the size of the target repeated N times: ||Phi_0||^2 is that of the one target."""
    wanted = target.expand_as(features)
    return (features - wanted).square().sum() / wanted.square().sum()


def representation_loss__each_entry_divided(features, target):
    """You divide entry by entry: sum the squares first, then divide one sum by the other."""
    return ((features - target) / (target.abs() + 1e-8)).square().sum()


def representation_loss__half(features, target):
    """You have a factor 1/2 that the formula does not have."""
    return 0.5 * (features - target).square().sum() / target.square().sum()


def representation_loss__one_loss_a_picture(features, target):
    """You return one number for each picture: sum them up to a single number."""
    losses = (features - target).flatten(1).square().sum(dim=1) / target.square().sum()
    return torch.cat([losses, losses.new_zeros(1)])


def representation_loss__first_picture_only(features, target):
    """You compare the first picture of the batch only: all N pictures count."""
    return (features[:1] - target).square().sum() / target.square().sum()


def representation_loss__detached(features, target):
    """Your result is cut from the graph (`.item()`, `.detach()`, `torch.tensor(...)`): no gradient can flow back."""
    return torch.tensor((features - target).square().sum().item() / target.square().sum().item())


def representation_loss__features_edited(features, target):
    """You subtract in place (`-=`) and so change the features themselves: write `features - target`."""
    features.data -= target.data
    return features.square().sum() / target.square().sum()


def _right_alpha_norm(img, alpha):
    return img.abs().pow(alpha).sum()


def alpha_norm__root_taken(img, alpha):
    """You take the root at the end, as in a p-norm: here there is no root, only the sum of powers."""
    return img.abs().pow(alpha).sum() ** (1 / alpha)


def alpha_norm__no_absolute_value(img, alpha):
    """You raise signed values to the power: for an odd alpha negative values would count as a reward, use |x|."""
    return img.pow(alpha).sum()


def alpha_norm__absolute_value_last(img, alpha):
    """You take the absolute value of the sum: take it of every entry, before the power."""
    return img.pow(alpha).sum().abs()


def alpha_norm__mean(img, alpha):
    """You take the mean: the formula is a sum over all pictures, channels and pixels."""
    return img.abs().pow(alpha).mean()


def alpha_norm__power_of_the_sum(img, alpha):
    """You sum before you raise to the power: raise every entry to the power, then sum."""
    return img.abs().sum() ** alpha


def alpha_norm__alpha_ignored(img, alpha):
    """You always square (or always take the sixth power): use alpha."""
    return img.square().sum()


def alpha_norm__six_always(img, alpha):
    """Your exponent is always 6: use alpha, 6 is only the value that we descend with."""
    return img.abs().pow(6).sum()


def alpha_norm__factor_instead_of_power(img, alpha):
    """You multiply by alpha: alpha is an exponent."""
    return alpha * img.abs().sum()


def alpha_norm__mean_subtracted_again(img, alpha):
    """You subtract the picture's own mean: ImageNet's mean is already subtracted, use the values as they are."""
    return (img - img.mean()).abs().pow(alpha).sum()


def alpha_norm__length_of_each_pixel(img, alpha):
    """You take the length of each pixel's colour first: every channel of every pixel counts on its own."""
    return img.square().sum(dim=1).pow(alpha / 2).sum()


def alpha_norm__divided_by_batch(img, alpha):
    """You average over the pictures of the batch: the formula sums over them."""
    return img.abs().pow(alpha).sum() / len(img)


def alpha_norm__detached(img, alpha):
    """Your result is cut from the graph (`.data`, `.detach()`, `.item()`): no gradient can flow back."""
    return img.detach().abs().pow(alpha).sum()


def alpha_norm__edited_in_place(img, alpha):
    """You change the picture itself with an in-place function such as `abs_()`: use `abs()`."""
    return img.data.abs_().pow(alpha).sum() + 0 * img.sum()


def _right_tv_norm(img, beta):
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).pow(beta / 2).sum()


def tv_norm__cropped_on_both_axes(img, beta):
    """You leave out the last row and the last column: they count, with their missing differences as 0."""
    right = img[:, :, :-1, 1:] - img[:, :, :-1, :-1]
    down = img[:, :, 1:, :-1] - img[:, :, :-1, :-1]
    return (right**2 + down**2).pow(beta / 2).sum()


def tv_norm__wrapped_around(img, beta):
    """Your neighbours wrap around from the last column to the first (`roll`): beyond the border differences are 0."""
    right = img.roll(-1, dims=3) - img
    down = img.roll(-1, dims=2) - img
    return (right**2 + down**2).pow(beta / 2).sum()


def tv_norm__zeros_around_the_picture(img, beta):
    """You pad the picture with zeros, so the border counts as an edge: pad the differences with zeros instead."""
    wide = F.pad(img, (0, 1, 0, 1))
    right, down = wide[:, :, :-1, 1:] - img, wide[:, :, 1:, :-1] - img
    return (right**2 + down**2).pow(beta / 2).sum()


def tv_norm__power_beta(img, beta):
    """You raise the sum of squares to beta: it is beta / 2."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).pow(beta).sum()


def tv_norm__beta_ignored(img, beta):
    """You sum the squared differences whatever beta is: raise their sum at each pixel to beta / 2."""
    return img.diff(dim=3).square().sum() + img.diff(dim=2).square().sum()


def tv_norm__each_difference_on_its_own(img, beta):
    """You raise the two differences to beta one by one: add their squares at each pixel first, then take the power."""
    return img.diff(dim=3).abs().pow(beta).sum() + img.diff(dim=2).abs().pow(beta).sum()


def tv_norm__absolute_differences(img, beta):
    """You add absolute differences: square them before you add, and raise the sum to beta / 2."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right.abs() + down.abs()).pow(beta).sum()


def tv_norm__difference_then_square(img, beta):
    """You square the pixels and then take the difference: take the difference of the pixels, then square it."""
    squares = img.square()
    right, down = F.pad(squares.diff(dim=3), (0, 1)), F.pad(squares.diff(dim=2), (0, 0, 0, 1))
    return (right.abs() + down.abs()).pow(beta / 2).sum()


def tv_norm__sum_of_differences_squared(img, beta):
    """You add the two differences and then square: square each of them first."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right + down).square().pow(beta / 2).sum()


def tv_norm__power_of_the_whole(img, beta):
    """You raise the total to beta / 2: raise the sum of squares at each pixel, then add up the pixels."""
    return (img.diff(dim=3).square().sum() + img.diff(dim=2).square().sum()).pow(beta / 2)


def tv_norm__root_and_power(img, beta):
    """Your value is right, but the gradient is NaN where the picture is flat: do not go through a square root."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).sqrt().pow(beta).sum()


def tv_norm__one_direction(img, beta):
    """You look at horizontal differences only: add the vertical ones."""
    return img.diff(dim=3).square().pow(beta / 2).sum()


def tv_norm__every_other_neighbour(img, beta):
    """You compare with the pixel after the next: the neighbour is at j + 1 and i + 1."""
    right = F.pad(img[:, :, :, 2:] - img[:, :, :, :-2], (0, 2))
    down = F.pad(img[:, :, 2:] - img[:, :, :-2], (0, 0, 0, 2))
    return (right**2 + down**2).pow(beta / 2).sum()


def tv_norm__channels_joined(img, beta):
    """You add the squares of the three channels before the power: every channel has a total variation of its own."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).sum(dim=1).pow(beta / 2).sum()


def tv_norm__channels_as_neighbours(img, beta):
    """You take differences between channels, too: only neighbours in the picture count (the last two axes)."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).pow(beta / 2).sum() + img.diff(dim=1).square().sum()


def tv_norm__mean(img, beta):
    """You take the mean: the formula is a sum over all pixels, channels and pictures."""
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).pow(beta / 2).mean()


def tv_norm__detached(img, beta):
    """Your result is cut from the graph (`.data`, `.detach()`, `.numpy()`): no gradient can flow back."""
    img = img.detach()
    right, down = F.pad(img.diff(dim=3), (0, 1)), F.pad(img.diff(dim=2), (0, 0, 0, 1))
    return (right**2 + down**2).pow(beta / 2).sum()


def _right_inversion_loss(img, target, extract, *, lambda_alpha, lambda_tv):
    return representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)


def inversion_loss__weights_swapped(img, target, extract, *, lambda_alpha, lambda_tv):
    """You swapped the two weights: lambda_alpha goes with the alpha-norm, lambda_tv with total variation."""
    return representation_loss(extract(img), target) + lambda_tv * alpha_norm(img, 6) + lambda_alpha * tv_norm(img, 2)


def inversion_loss__weights_missing(img, target, extract, *, lambda_alpha, lambda_tv):
    """You add the priors without their weights: multiply each by its lambda."""
    return representation_loss(extract(img), target) + alpha_norm(img, 6) + tv_norm(img, 2)


def inversion_loss__weights_squared(img, target, extract, *, lambda_alpha, lambda_tv):
    """You square the weights: each prior is multiplied by its lambda once."""
    priors = lambda_alpha**2 * alpha_norm(img, 6) + lambda_tv**2 * tv_norm(img, 2)
    return representation_loss(extract(img), target) + priors


def inversion_loss__one_weight_for_all(img, target, extract, *, lambda_alpha, lambda_tv):
    """You weigh both priors by lambda_alpha: total variation has its own weight, lambda_tv."""
    return representation_loss(extract(img), target) + lambda_alpha * (alpha_norm(img, 6) + tv_norm(img, 2))


def inversion_loss__priors_subtracted(img, target, extract, *, lambda_alpha, lambda_tv):
    """You subtract the priors, so that unnatural pictures win: add them, the loss is minimised."""
    return representation_loss(extract(img), target) - lambda_alpha * alpha_norm(img, 6) - lambda_tv * tv_norm(img, 2)


def inversion_loss__alpha_two(img, target, extract, *, lambda_alpha, lambda_tv):
    """Your alpha is 2: this loss uses alpha = 6."""
    return representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 2) + lambda_tv * tv_norm(img, 2)


def inversion_loss__beta_one(img, target, extract, *, lambda_alpha, lambda_tv):
    """Your beta is 1: this loss uses beta = 2."""
    return representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 1)


def inversion_loss__no_alpha_norm(img, target, extract, *, lambda_alpha, lambda_tv):
    """You forgot the alpha-norm: add lambda_alpha * alpha_norm(img, 6)."""
    return representation_loss(extract(img), target) + lambda_tv * tv_norm(img, 2)


def inversion_loss__no_total_variation(img, target, extract, *, lambda_alpha, lambda_tv):
    """You forgot total variation: add lambda_tv * tv_norm(img, 2)."""
    return representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6)


def inversion_loss__priors_of_the_code(img, target, extract, *, lambda_alpha, lambda_tv):
    """You take the priors of the code: they say what a natural picture looks like, so take them of img."""
    code = extract(img)
    priors = lambda_alpha * alpha_norm(code, 6) + lambda_tv * code.diff(dim=-1).square().sum()
    return representation_loss(code, target) + priors


def inversion_loss__picture_instead_of_code(img, target, extract, *, lambda_alpha, lambda_tv):
    """You compare pictures, not codes: call `extract(img)` and compare the result with target."""
    if img.shape[1:] != target.shape[1:]:
        target = target.mean()
    loss = (img - target).square().sum() / target.square().sum()
    return loss + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)


def inversion_loss__code_of_the_target(img, target, extract, *, lambda_alpha, lambda_tv):
    """You extract the target once more: target is a code already, only img is a picture."""
    loss = representation_loss(extract(img), extract(target))
    return loss + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)


def inversion_loss__roles_exchanged(img, target, extract, *, lambda_alpha, lambda_tv):
    """You exchanged the two codes: the loss is divided by the size of the target, so features come first."""
    code = extract(img)
    loss = sum((row - target[0]).square().sum() / row.square().sum().clamp(min=1e-12) for row in code)
    return loss + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)


def inversion_loss__code_without_gradient(img, target, extract, *, lambda_alpha, lambda_tv):
    """Your code carries no gradient (`torch.no_grad()` or `.detach()`): only the priors would pull at the picture."""
    with torch.no_grad():
        code = extract(img)
    return representation_loss(code, target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)


def inversion_loss__priors_without_gradient(img, target, extract, *, lambda_alpha, lambda_tv):
    """Your priors carry no gradient (`.item()` or `.detach()`): they would not pull at the picture."""
    priors = lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)
    return representation_loss(extract(img), target) + priors.item()


def inversion_loss__everything_detached(img, target, extract, *, lambda_alpha, lambda_tv):
    """You return a plain number: return a tensor that gradients can flow through, without `.item()`."""
    loss = representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)
    return loss.item()


def inversion_loss__mean_over_batch(img, target, extract, *, lambda_alpha, lambda_tv):
    """You average over the pictures of the batch: the loss is their sum."""
    loss = representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)
    return loss / len(img)


def inversion_loss__clamped_in_place(img, target, extract, *, lambda_alpha, lambda_tv):
    """You clamp the picture in place: it belongs to the caller, and the alpha-norm looks after its range."""
    img.data.clamp_(-1, 1)
    return representation_loss(extract(img), target) + lambda_alpha * alpha_norm(img, 6) + lambda_tv * tv_norm(img, 2)
