"""Right answers to the fooling notebook, each written in another way: all of them earn full marks."""

import numpy as np
import torch
import torch.nn.functional as F


def fooling_step__backward(X, target_y, model, learning_rate):
    X_fooling = X.clone()
    X_fooling = X_fooling.requires_grad_()
    scores = model(X_fooling)
    scores[0, target_y].backward()
    g = X_fooling.grad
    dX = learning_rate * g / torch.norm(g)
    with torch.no_grad():
        X_fooling += dX
        X_fooling.grad.zero_()
    return X_fooling


def fooling_step__graph_of_its_own(X, target_y, model, learning_rate):
    X = X.detach().requires_grad_()
    score = model(X).squeeze()[target_y]
    g = torch.autograd.grad(score, X)[0]
    return X.detach() + learning_rate * (g / torch.sqrt(torch.sum(g * g)))


def fooling_step__functional_gradient(X, target_y, model, learning_rate):
    g = torch.func.grad(lambda picture: model(picture)[0, target_y])(X)
    return torch.add(X, F.normalize(g.reshape(1, -1), dim=1).view_as(X), alpha=learning_rate)


def fooling_step__one_hot_signal(X, target_y, model, learning_rate):
    X = X.clone().requires_grad_(True)
    scores = model(X)
    signal = torch.zeros_like(scores)
    signal[:, target_y] = 1
    scores.backward(signal)
    return (X + learning_rate * X.grad / torch.linalg.vector_norm(X.grad)).detach()


def fooling_step__numpy_norm(X, target_y, model, learning_rate):
    leaf = X.clone().requires_grad_()
    (-model(leaf)[:, target_y].sum()).backward()
    g = -leaf.grad.numpy()
    g = g / (np.linalg.norm(g.ravel()) + 1e-12)
    return X + torch.from_numpy(learning_rate * g)


def make_fooling_image__all_by_hand(X, target_y, model, max_iter=100, verbose=True):
    X_fooling = X.clone()
    X_fooling = X_fooling.requires_grad_()
    learning_rate = 1
    for i in range(max_iter):
        scores = model(X_fooling)
        _, winner = scores.max(dim=1)
        if verbose and i % 10 == 0:
            print(f"Iteration {i}: target score {scores[0, target_y].item():.3f}, max score {scores.max().item():.3f}")
        if winner.item() == target_y:
            break
        scores[0, target_y].backward()
        X_fooling.data += learning_rate * X_fooling.grad.data / X_fooling.grad.data.norm()
        X_fooling.grad.data.zero_()
    return X_fooling


def make_fooling_image__while_loop(X, target_y, model, max_iter=100, verbose=True):
    picture, steps = X.clone(), 0
    while steps < max_iter and torch.argmax(model(picture), dim=1).item() != target_y:
        picture = fooling_step(picture, target_y, model, 1)
        steps += 1
        if verbose:
            print("step", steps)
    return picture


def make_fooling_image__looks_after_the_step(X, target_y, model, max_iter=100, verbose=True):
    for i in range(max_iter):
        X = fooling_step(X, target_y, model, 1.0)
        scores = model(X)[0]
        if verbose:
            print(i, scores[target_y].item())
        if scores[target_y] >= scores.max():
            break
    return X


def make_fooling_image__one_step_more(X, target_y, model, max_iter=100, verbose=True):
    X_fooling = X.clone().requires_grad_()
    for i in range(max_iter):
        scores = model(X_fooling)
        (g,) = torch.autograd.grad(scores[0, target_y], X_fooling)
        with torch.no_grad():
            X_fooling += g / g.norm()
        if scores.data.max(1)[1][0] == target_y:
            break
        if verbose:
            print(f"{i}: not yet")
    return X_fooling.detach()


def make_fooling_image__recursive(X, target_y, model, max_iter=100, verbose=True):
    if verbose:
        print(max_iter, "steps left")
    if max_iter == 0 or int(model(X).argmax()) == target_y:
        return X.clone()
    return make_fooling_image(fooling_step(X, target_y, model, 1.0), target_y, model, max_iter - 1, verbose)


def make_fooling_image__one_optimizer(X, target_y, model, max_iter=100, verbose=True):
    X_fooling = X.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([X_fooling], lr=1.0, maximize=True)
    for step in range(max_iter):
        optimizer.zero_grad()
        scores = model(X_fooling)[0]
        if verbose:
            print(f"{step}: {scores.argmax().item()}")
        if scores.argmax().item() == target_y:
            break
        scores[target_y].backward()
        X_fooling.grad /= X_fooling.grad.norm()
        optimizer.step()
    return X_fooling
