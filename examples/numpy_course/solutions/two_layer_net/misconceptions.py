"""Mistakes that students make in two_layer_net: one wrong version each, the docstring is the hint."""

import numpy as np


def _right_softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def softmax__over_all(scores):
    """You divide by the sum over all rows: each row adds up to 1 by itself, axis 1."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum()


def softmax__over_columns(scores):
    """You add over the rows of the table: a row's probabilities add up to 1, axis 1."""
    exponentials = np.exp(scores - scores.max(axis=0, keepdims=True))
    return exponentials / exponentials.sum(axis=0, keepdims=True)


def softmax__overflow(scores):
    """Large scores overflow: subtract the largest score of each row before the exponential."""
    with np.errstate(all="ignore"):
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def softmax__one_maximum(scores):
    """You subtract the largest score of the whole table, and rows far below it vanish: take each row's own."""
    with np.errstate(all="ignore"):
        exponentials = np.exp(scores - scores.max())
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def _right_cross_entropy(scores, y):
    right = softmax(scores)[np.arange(len(y)), y]
    return -np.log(right).mean()


def cross_entropy__sum(scores, y):
    """You add over the rows: take the mean."""
    right = softmax(scores)[np.arange(len(y)), y]
    return -np.log(right).sum()


def cross_entropy__sign(scores, y):
    """The sign is missing: the logarithm of a probability is negative, the loss is not."""
    right = softmax(scores)[np.arange(len(y)), y]
    return np.log(right).mean()


def cross_entropy__log_of_the_mean(scores, y):
    """You take the logarithm of the mean probability: the mean comes last."""
    right = softmax(scores)[np.arange(len(y)), y]
    return -np.log(right.mean())


def cross_entropy__base_two(scores, y):
    """You take the logarithm to the base 2: the formula has the natural one."""
    right = softmax(scores)[np.arange(len(y)), y]
    return -np.log2(right).mean()


def _right_cross_entropy_gradient(scores, y):
    gradient = softmax(scores)
    gradient[np.arange(len(y)), y] -= 1
    return gradient / len(y)


def cross_entropy_gradient__not_averaged(scores, y):
    """Your gradient is that of the sum: divide by the number of rows."""
    gradient = softmax(scores)
    gradient[np.arange(len(y)), y] -= 1
    return gradient


def cross_entropy_gradient__whole_columns(scores, y):
    """You subtract 1 in whole columns: pick one entry of each row, with np.arange."""
    gradient = softmax(scores)
    gradient[:, y] -= 1
    return gradient / len(y)


def cross_entropy_gradient__uphill(scores, y):
    """The sign is turned round: it is the probability minus 1 at the right class."""
    gradient = -softmax(scores)
    gradient[np.arange(len(y)), y] += 1
    return gradient / len(y)


def cross_entropy_gradient__of_the_scores(scores, y):
    """You subtract from the scores: take their softmax first."""
    gradient = scores.copy()
    gradient[np.arange(len(y)), y] -= 1
    return gradient / len(y)


class _right_TwoLayerNet:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1 = W1, b1
        self.W2, self.b2 = W2, b2

    def forward(self, X):
        self.X = X
        self.H = np.maximum(X @ self.W1 + self.b1, 0)
        return self.H @ self.W2 + self.b2

    def backward(self, G):
        G_H = G @ self.W2.T * (self.H > 0)
        return {"W1": self.X.T @ G_H, "b1": G_H.sum(axis=0), "W2": self.H.T @ G, "b2": G.sum(axis=0)}

    def step(self, gradients, learning_rate):
        self.W1 = self.W1 - learning_rate * gradients["W1"]
        self.b1 = self.b1 - learning_rate * gradients["b1"]
        self.W2 = self.W2 - learning_rate * gradients["W2"]
        self.b2 = self.b2 - learning_rate * gradients["b2"]
        return self


class TwoLayerNet__no_relu(_right_TwoLayerNet):
    """Your hidden layer is linear: take the maximum with 0."""

    def forward(self, X):
        self.X = X
        self.H = X @ self.W1 + self.b1
        return self.H @ self.W2 + self.b2


class TwoLayerNet__absolute(_right_TwoLayerNet):
    """Your hidden layer takes absolute values: a ReLU sets negative ones to 0."""

    def forward(self, X):
        self.X = X
        self.H = np.abs(X @ self.W1 + self.b1)
        return self.H @ self.W2 + self.b2


class TwoLayerNet__bias_forgotten(_right_TwoLayerNet):
    """The bias of the hidden layer is missing: add b1 before the ReLU."""

    def forward(self, X):
        self.X = X
        self.H = np.maximum(X @ self.W1, 0)
        return self.H @ self.W2 + self.b2


class TwoLayerNet__relu_on_scores(_right_TwoLayerNet):
    """You put a ReLU on the scores, too: they may be negative."""

    def forward(self, X):
        self.X = X
        self.H = np.maximum(X @ self.W1 + self.b1, 0)
        return np.maximum(self.H @ self.W2 + self.b2, 0)


class TwoLayerNet__relu_not_passed(_right_TwoLayerNet):
    """On the way back you forget the ReLU: closed units pass nothing, multiply by (H > 0)."""

    def backward(self, G):
        G_H = G @ self.W2.T
        return {"W1": self.X.T @ G_H, "b1": G_H.sum(axis=0), "W2": self.H.T @ G, "b2": G.sum(axis=0)}


class TwoLayerNet__bias_averaged(_right_TwoLayerNet):
    """The gradients of the biases are averaged over the rows: add them up, the mean is in G already."""

    def backward(self, G):
        G_H = G @ self.W2.T * (self.H > 0)
        return {"W1": self.X.T @ G_H, "b1": G_H.mean(axis=0), "W2": self.H.T @ G, "b2": G.mean(axis=0)}


class TwoLayerNet__masked_by_sign_of_G(_right_TwoLayerNet):
    """You close units where the gradient is negative: it is the hidden layer that decides, H > 0."""

    def backward(self, G):
        G_H = np.maximum(G @ self.W2.T, 0)
        return {"W1": self.X.T @ G_H, "b1": G_H.sum(axis=0), "W2": self.H.T @ G, "b2": G.sum(axis=0)}


class TwoLayerNet__uphill(_right_TwoLayerNet):
    """You go up the gradients: subtract them."""

    def step(self, gradients, learning_rate):
        return super().step(gradients, -learning_rate)


class TwoLayerNet__first_layer_rests(_right_TwoLayerNet):
    """Your step moves the second layer alone: W1 and b1 go down, too."""

    def step(self, gradients, learning_rate):
        self.W2 = self.W2 - learning_rate * gradients["W2"]
        self.b2 = self.b2 - learning_rate * gradients["b2"]
        return self


class TwoLayerNet__returns_nothing(_right_TwoLayerNet):
    """Your step returns nothing: end it with `return self`."""

    def step(self, gradients, learning_rate):
        super().step(gradients, learning_rate)
