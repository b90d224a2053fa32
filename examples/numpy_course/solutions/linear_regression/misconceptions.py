"""Mistakes that students make in linear_regression: one wrong version each, the docstring is the hint."""

import numpy as np


def _right_mean_squared_error(w, b, X, y):
    residuals = X @ w + b - y
    return np.mean(residuals**2)


def mean_squared_error__sum(w, b, X, y):
    """You add the squares up: divide by the number of days, or the error grows with the table."""
    residuals = X @ w + b - y
    return np.sum(residuals**2)


def mean_squared_error__half(w, b, X, y):
    """There is a factor of one half too many: this course's formula is the plain mean."""
    residuals = X @ w + b - y
    return np.mean(residuals**2) / 2


def mean_squared_error__absolute(w, b, X, y):
    """You take the mean absolute error: square the differences."""
    residuals = X @ w + b - y
    return np.mean(np.abs(residuals))


def mean_squared_error__root(w, b, X, y):
    """You take the root at the end: leave it out, the formula has none."""
    residuals = X @ w + b - y
    return np.sqrt(np.mean(residuals**2))


def mean_squared_error__no_intercept(w, b, X, y):
    """Your line goes through zero: add b to every prediction."""
    residuals = X @ w - y
    return np.mean(residuals**2)


def _right_mse_gradient(w, b, X, y):
    residuals = X @ w + b - y
    return 2 * X.T @ residuals / len(y), 2 * np.mean(residuals)


def mse_gradient__no_factor_two(w, b, X, y):
    """The factor 2 of the squares is missing in both gradients."""
    residuals = X @ w + b - y
    return X.T @ residuals / len(y), np.mean(residuals)


def mse_gradient__sum(w, b, X, y):
    """You add over the days: divide by their number, as the error does."""
    residuals = X @ w + b - y
    return 2 * X.T @ residuals, 2 * np.sum(residuals)


def mse_gradient__uphill(w, b, X, y):
    """The sign is turned round: the residual is the prediction minus y."""
    residuals = y - X @ w - b
    return 2 * X.T @ residuals / len(y), 2 * np.mean(residuals)


def mse_gradient__intercept_summed(w, b, X, y):
    """The gradient with respect to b is the sum over the days: take the mean, as for w."""
    residuals = X @ w + b - y
    return 2 * X.T @ residuals / len(y), 2 * np.sum(residuals)


def _right_gradient_descent(X, y, learning_rate, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        dw, db = mse_gradient(w, b, X, y)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, b


def gradient_descent__uphill(X, y, learning_rate, steps):
    """You walk along the gradient, uphill: subtract it."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        dw, db = mse_gradient(w, b, X, y)
        w, b = w + learning_rate * dw, b + learning_rate * db
    return w, b


def gradient_descent__one_after_the_other(X, y, learning_rate, steps):
    """You move w before you ask for the gradient of b: both belong to the same place, so compute them together."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        w = w - learning_rate * mse_gradient(w, b, X, y)[0]
        b = b - learning_rate * mse_gradient(w, b, X, y)[1]
    return w, b


def gradient_descent__starts_at_one(X, y, learning_rate, steps):
    """You start at ones: start with w and b at zero."""
    w, b = np.ones(X.shape[1]), 1.0
    for _ in range(steps):
        dw, db = mse_gradient(w, b, X, y)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, b


def gradient_descent__one_step_more(X, y, learning_rate, steps):
    """You take one step too many: `range(steps)` has exactly as many as asked for."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps + 1):
        dw, db = mse_gradient(w, b, X, y)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, b


def _right_least_squares(X, y):
    A = np.hstack([X, np.ones((len(y), 1))])
    solution = np.linalg.solve(A.T @ A, A.T @ y)
    return solution[:-1], solution[-1]


def least_squares__no_intercept(X, y):
    """Your line goes through zero: put a column of ones behind X, for b."""
    return np.linalg.solve(X.T @ X, X.T @ y), 0.0


def least_squares__ones_in_front(X, y):
    """Your column of ones stands in front of X, so that the first entry is b: you return the others shifted by one."""
    A = np.hstack([np.ones((len(y), 1)), X])
    solution = np.linalg.solve(A.T @ A, A.T @ y)
    return solution[:-1], solution[-1]


def least_squares__mean_apart(X, y):
    """You take the mean of y for b: that is right only where every column of X has the mean zero."""
    return np.linalg.solve(X.T @ X, X.T @ (y - y.mean())), y.mean()
