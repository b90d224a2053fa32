"""Right answers to linear_regression, written in another way: all of them earn full marks."""

import numpy as np


def mean_squared_error__norm(w, b, X, y):
    return np.linalg.norm(X.dot(w) + b - y) ** 2 / y.size


def mean_squared_error__loop(w, b, X, y):
    total = 0.0
    for day, right in zip(X, y, strict=True):
        total += (sum(a * c for a, c in zip(day, w, strict=True)) + b - right) ** 2
    return total / len(X)


def mse_gradient__loop(w, b, X, y):
    dw, db = np.zeros_like(w), 0.0
    for day, right in zip(X, y, strict=True):
        error = day @ w + b - right
        dw += 2 * error * day / len(y)
        db += 2 * error / len(y)
    return dw, db


def mse_gradient__outer(w, b, X, y):
    errors = (np.dot(X, w) + b - y)[:, None]
    return (2 * errors * X).mean(axis=0), float((2 * errors).mean())


def gradient_descent__in_place(X, y, learning_rate, steps):
    w = np.zeros_like(X[0])
    b = np.zeros(())
    while steps > 0:
        dw, db = mse_gradient(w, b, X, y)
        w -= learning_rate * np.asarray(dw)
        b = b - learning_rate * db
        steps -= 1
    return w, b


def gradient_descent__own_gradient(X, y, learning_rate, steps):
    weights = np.zeros(X.shape[1] + 1)
    A = np.c_[X, np.ones(len(X))]
    for _ in range(steps):
        weights = weights - learning_rate * 2 / len(X) * A.T @ (A @ weights - y)
    return weights[:-1], weights[-1]


def least_squares__lstsq(X, y):
    A = np.column_stack([X, np.ones(len(X))])
    *w, b = np.linalg.lstsq(A, y, rcond=None)[0]
    return np.array(w), b


def least_squares__centred(X, y):
    centre, middle = X.mean(axis=0), y.mean()
    w = np.linalg.pinv(X - centre) @ (y - middle)
    return w, middle - centre @ w
