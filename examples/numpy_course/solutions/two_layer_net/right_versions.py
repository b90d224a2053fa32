"""Right answers to two_layer_net, written in another way: all of them earn full marks."""

import numpy as np


def softmax__row_by_row(scores):
    rows = [np.exp(row - max(row)) for row in scores]
    return np.array([row / sum(row) for row in rows])


def softmax__logarithms(scores):
    shifted = scores - np.max(scores, axis=-1)[:, None]
    return np.exp(shifted - np.log(np.sum(np.exp(shifted), axis=-1))[:, None])


def cross_entropy__log_sum(scores, y):
    largest = scores.max(axis=1)
    totals = np.log(np.exp(scores - largest[:, None]).sum(axis=1)) + largest
    return float(np.mean(totals - np.take_along_axis(scores, y[:, None], axis=1)[:, 0]))


def cross_entropy__loop(scores, y):
    probabilities = softmax(scores)
    return sum(-np.log(row[c]) for row, c in zip(probabilities, y, strict=True)) / len(y)


def cross_entropy_gradient__one_hot(scores, y):
    return (softmax(scores) - np.eye(scores.shape[1])[y]) / scores.shape[0]


class TwoLayerNet__cache:
    def __init__(self, W1, b1, W2, b2):
        self.weights = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}

    def __getattr__(self, name):
        if name in ("W1", "b1", "W2", "b2"):
            return self.weights[name]
        raise AttributeError(name)

    def forward(self, X):
        before = X.dot(self.W1) + self.b1
        self.cache = X, before
        return np.where(before > 0, before, 0).dot(self.W2) + self.b2

    def backward(self, G):
        X, before = self.cache
        hidden = before * (before > 0)
        down = np.dot(G, self.W2.T)
        down[before <= 0] = 0
        ones = np.ones(len(X))
        return {"W2": hidden.T.dot(G), "b2": ones @ G, "W1": X.T.dot(down), "b1": ones @ down}

    def step(self, gradients, learning_rate):
        self.weights = {name: value - learning_rate * gradients[name] for name, value in self.weights.items()}
        return self


class TwoLayerNet__setattr:
    def __init__(self, W1, b1, W2, b2):
        for name, value in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
            setattr(self, name, np.array(value, dtype=float))

    def forward(self, X):
        self._input = X
        self._hidden = (X @ self.W1 + self.b1).clip(min=0)
        return self._hidden @ self.W2 + self.b2

    def backward(self, G):
        open_units = np.sign(self._hidden)
        below = (G @ self.W2.T) * open_units
        found = {"W1": self._input.T @ below, "W2": self._hidden.T @ G}
        found["b1"], found["b2"] = np.einsum("nh->h", below), np.einsum("nc->c", G)
        return found

    def step(self, gradients, learning_rate):
        for name in gradients:
            setattr(self, name, getattr(self, name) - learning_rate * gradients[name])
        return self
