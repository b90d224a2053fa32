"""Right answers to the saliency notebook, each written in another way: all of them earn full marks."""

import numpy as np
import torch
import torch.nn.functional as F


def compute_saliency_maps__backward(X, y, model):
    X.requires_grad_()
    scores = model(X)
    scores = scores.gather(1, y.view(-1, 1)).squeeze()
    scores.sum().backward()
    saliency, _ = torch.max(X.grad.data.abs(), dim=1)
    return saliency


def compute_saliency_maps__one_hot_signal(X, y, model):
    X = X.clone().requires_grad_(True)
    scores = model(X)
    scores.backward(F.one_hot(y, scores.shape[1]).to(scores.dtype))
    return X.grad.abs().max(1)[0]


def compute_saliency_maps__picture_by_picture(X, y, model):
    maps = []
    for picture, label in zip(X, y, strict=True):
        leaf = picture[None].clone().requires_grad_()
        model(leaf)[0, label].backward()
        maps.append(leaf.grad[0].abs().max(dim=0).values)
    return torch.stack(maps)


def compute_saliency_maps__vjp(X, y, model):
    def picked(pictures):
        return model(pictures)[torch.arange(len(pictures)), y]

    _, pull_back = torch.func.vjp(picked, X)
    (gradient,) = pull_back(torch.ones(len(X), dtype=X.dtype))
    return torch.maximum(gradient, -gradient).amax(dim=1)


def occlusion_map__one_position_at_a_time(image, label, model, patch, stride, fill):
    H, W = image.shape[-2:]
    n_rows = int(np.ceil((H - patch) / stride)) + 1
    n_columns = int(np.ceil((W - patch) / stride)) + 1
    heat = torch.zeros(n_rows, n_columns, dtype=image.dtype)
    for i in range(n_rows):
        for j in range(n_columns):
            r, c = min(i * stride, H - patch), min(j * stride, W - patch)
            covered = image.clone()
            covered[0, :, r : r + patch, c : c + patch] = fill
            heat[i, j] = torch.softmax(model(covered), dim=1)[0, label].item()
    return heat


def occlusion_map__all_positions_in_one_batch(image, label, model, patch, stride, fill):
    H, W = image.shape[-2:]
    rows = sorted({*range(0, H - patch, stride), H - patch})
    columns = sorted({*range(0, W - patch, stride), W - patch})
    batch = image.repeat(len(rows) * len(columns), 1, 1, 1)
    for k, (r, c) in enumerate((r, c) for r in rows for c in columns):
        batch[k, :, r : r + patch, c : c + patch].fill_(fill)
    return F.softmax(model(batch), dim=1)[:, label].reshape(len(rows), len(columns))


def occlusion_map__patch_put_back(image, label, model, patch, stride, fill):
    _, _, H, W = image.shape
    heat = []
    for r in [*range(0, H - patch, stride), H - patch]:
        row = []
        for c in [*range(0, W - patch, stride), W - patch]:
            kept = image[:, :, r : r + patch, c : c + patch].clone()
            image[:, :, r : r + patch, c : c + patch] = fill
            with torch.no_grad():
                scores = model(image)[0]
            row.append(torch.exp(scores[label] - scores.logsumexp(0)))
            image[:, :, r : r + patch, c : c + patch] = kept
        heat.append(torch.stack(row))
    return torch.stack(heat)


def occlusion_map__numpy_mask(image, label, model, patch, stride, fill):
    H, W = image.shape[2], image.shape[3]
    rows = np.minimum(np.arange(0, H - patch + stride, stride), H - patch)
    columns = np.minimum(np.arange(0, W - patch + stride, stride), W - patch)
    heat = np.zeros((len(rows), len(columns)))
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            mask = np.zeros((H, W), dtype=bool)
            mask[r : r + patch, c : c + patch] = True
            covered = image.masked_fill(torch.from_numpy(mask), fill)
            heat[i, j] = model(covered).softmax(1)[0, label].detach().numpy()
    return heat


def relu_backward__chain_of_ifs(grad_output, x, rule):
    if rule == "backprop":
        return grad_output * (x > 0)
    if rule == "deconvnet":
        return grad_output * (grad_output > 0)
    if rule == "guided":
        return grad_output * (x > 0) * (grad_output > 0)
    raise ValueError("rule must be backprop, deconvnet or guided")


def relu_backward__where(grad_output, x, rule):
    if rule not in {"backprop", "deconvnet", "guided"}:
        raise ValueError(rule)
    nothing = torch.zeros_like(grad_output)
    result = grad_output if rule == "deconvnet" else torch.where(x > 0, grad_output, nothing)
    return result if rule == "backprop" else torch.where(result > 0, result, nothing)


def relu_backward__clamp(grad_output, x, rule):
    if rule == "deconvnet":
        return grad_output.clamp(min=0)
    if rule == "backprop":
        return grad_output * torch.sign(x).clamp(min=0)
    if rule == "guided":
        return torch.relu(grad_output) * torch.sign(x).clamp(min=0)
    raise ValueError(f"no such rule: {rule}")


def relu_backward__clone_and_zero(grad_output, x, rule):
    if rule not in ("backprop", "deconvnet", "guided"):
        raise ValueError(rule)
    result = grad_output.clone()
    if rule != "deconvnet":
        result[x <= 0] = 0
    if rule != "backprop":
        result[grad_output <= 0] = 0
    return result


def graphcut_seeds__numpy(saliency, foreground, background):
    values = saliency.numpy()
    return (
        torch.from_numpy(values > np.quantile(values, foreground)),
        torch.from_numpy(values < np.percentile(values, 100 * background)),
    )


def graphcut_seeds__both_quantiles_at_once(saliency, foreground, background):
    low, high = torch.quantile(saliency, torch.tensor([background, foreground], dtype=saliency.dtype))
    return saliency > high, saliency < low


def graphcut_seeds__sorted_by_hand(saliency, foreground, background):
    ordered = saliency.flatten().sort().values

    def quantile(t):
        place = t * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    return saliency.gt(quantile(foreground)), saliency.lt(quantile(background))


def graphcut_seeds__masks_filled_in(saliency, foreground, background):
    objects = torch.zeros(saliency.shape, dtype=torch.bool)
    rest = torch.zeros(saliency.shape, dtype=torch.bool)
    objects[saliency > saliency.quantile(foreground)] = True
    rest[saliency < saliency.quantile(background)] = True
    return objects, rest
