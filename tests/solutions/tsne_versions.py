"""Right answers to the t-SNE notebook, each written in another way: all of them earn full marks."""

import math

import numpy as np


def pairwise_squared_distances__two_loops(X):
    N = len(X)
    D = np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            D[i, j] = np.sum((X[i] - X[j]) ** 2)
    return D


def pairwise_squared_distances__one_loop(X):
    return np.array([np.square(X - row).sum(axis=1) for row in X])


def pairwise_squared_distances__broadcast(X):
    difference = X[:, np.newaxis, :] - X[np.newaxis, :, :]
    return np.einsum("ijk,ijk->ij", difference, difference)


def pairwise_squared_distances__by_the_gram_matrix(X):
    gram = X @ X.T
    squares = np.diag(gram)
    D = squares.reshape(-1, 1) - 2 * gram + squares
    D[D < 0] = 0
    np.fill_diagonal(D, 0)
    return D


def pairwise_squared_distances__with_norm(X):
    return np.linalg.norm(X[:, None] - X, axis=-1) ** 2


def conditional_probabilities__row_by_row(D, sigma):
    P = np.zeros(D.shape)
    for i in range(len(D)):
        others = np.arange(len(D)) != i
        distances = D[i, others]
        weights = np.exp(-(distances - distances.min()) / (2 * sigma[i] ** 2))
        P[i, others] = weights / weights.sum()
    return P


def conditional_probabilities__beta(D, sigma):
    D = D.copy()
    np.fill_diagonal(D, np.inf)
    beta = 1 / (2 * sigma**2)
    P = np.exp(-(D - D.min(axis=1)[:, None]) * beta[:, None])
    P /= P.sum(axis=1)[:, None]
    return P


def conditional_probabilities__log_sum_exp(D, sigma):
    logits = -0.5 * D / np.square(sigma).reshape(-1, 1)
    logits = np.where(np.eye(len(D), dtype=bool), -np.inf, logits)
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def conditional_probabilities__plain_python(D, sigma):
    N = len(D)
    P = np.zeros((N, N))
    for i in range(N):
        nearest = min(D[i, j] for j in range(N) if j != i)
        for j in range(N):
            if j != i:
                P[i, j] = math.exp((nearest - D[i, j]) / (2 * sigma[i] ** 2))
        P[i] = P[i] / sum(P[i])
    return P


def perplexity__loop_over_rows(P):
    result = []
    for row in P:
        p = row[row > 0]
        result.append(2 ** (-np.sum(p * np.log2(p))))
    return np.array(result)


def perplexity__e_to_the_nats(P):
    safe = np.where(P > 0, P, 1)
    return np.exp(-np.sum(P * np.log(safe), axis=1))


def perplexity__product_of_powers(P):
    return 1 / np.prod(P**P, axis=1)


def perplexity__nan_to_num(P):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.exp2(-np.nansum(P * np.log2(P), axis=1))


def perplexity__smallest_number(P):
    return 2 ** -(P * np.log2(np.maximum(P, 1e-300))).sum(axis=1)


def search_sigmas__row_by_row(D, *, perplexity, tol):
    N = len(D)
    sigmas = np.zeros(N)
    for i in range(N):
        distances = np.delete(D[i], i)
        distances = distances - distances.min()
        low, high, sigma = 0.0, None, 1.0
        for _ in range(300):
            weights = np.exp(-distances / (2 * sigma**2))
            p = weights / weights.sum()
            p = p[p > 0]
            difference = -np.sum(p * np.log2(p)) - np.log2(perplexity)
            if abs(difference) <= tol:
                break
            if difference < 0:
                low = sigma
                sigma = 2 * sigma if high is None else (low + high) / 2
            else:
                high = sigma
                sigma = (low + high) / 2
        sigmas[i] = sigma
    return sigmas


def search_sigmas__beta_of_the_paper(D, *, perplexity, tol):
    beta = np.ones(len(D))
    for i in range(len(D)):
        low, high = -np.inf, np.inf
        distances = D[i, np.arange(len(D)) != i]
        distances = distances - distances.min()
        while True:
            weights = np.exp(-distances * beta[i])
            total = weights.sum()
            entropy = np.log(total) + beta[i] * np.sum(distances * weights) / total  # in nats
            difference = (entropy - np.log(perplexity)) / np.log(2)
            if np.abs(difference) <= tol:
                break
            if difference > 0:
                low = beta[i]
                beta[i] = beta[i] * 2 if high == np.inf else (beta[i] + high) / 2
            else:
                high = beta[i]
                beta[i] = beta[i] / 2 if low == -np.inf else (beta[i] + low) / 2
    return np.sqrt(1 / (2 * beta))


def search_sigmas__logarithmic(D, *, perplexity, tol):
    off = D[~np.eye(len(D), dtype=bool)].reshape(len(D), -1)
    off = off - off.min(axis=1, keepdims=True)
    low, high = np.full(len(D), -60.0), np.full(len(D), 60.0)
    for _ in range(200):
        middle = (low + high) / 2
        with np.errstate(over="ignore", under="ignore"):
            P = np.exp(-off / (2 * np.exp2(middle)[:, None] ** 2))
        P /= P.sum(axis=1, keepdims=True)
        bits = -(P * np.log2(P + (P == 0))).sum(axis=1)
        small = bits < np.log2(perplexity)
        low[small] = middle[small]
        high[~small] = middle[~small]
        if np.max(np.abs(bits - np.log2(perplexity))) <= tol:
            break
    return np.exp2(middle)


def search_sigmas__as_precise_as_floats(D, *, perplexity, tol):
    target = np.log2(perplexity)

    def entropy(row, sigma):
        weights = np.exp(-(row - row.min()) / (2 * sigma**2))
        p = weights / weights.sum()
        return -np.sum(p * np.log2(p, where=p > 0, out=np.zeros_like(p)))

    sigmas = []
    for i in range(len(D)):
        row = np.delete(D[i], i)
        high = 1.0
        while entropy(row, high) < target:
            high *= 2
        low = high
        while entropy(row, low) > target:
            low /= 2
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if entropy(row, middle) < target else (low, middle)
        sigmas.append(0.5 * (low + high))
    return np.array(sigmas)


def kl_divergence__loop(P, Q):
    total = 0.0
    for p, q in zip(P.ravel(), Q.ravel(), strict=True):
        if p > 0:
            total += p * math.log(p / q) if q > 0 else math.inf
    return total


def kl_divergence__where(P, Q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(P > 0, P * (np.log(P) - np.log(Q)), 0.0).sum()


def kl_divergence__masked(P, Q):
    mask = P != 0
    with np.errstate(divide="ignore"):
        return -(P[mask] * np.log(Q[mask] / P[mask])).sum()


def kl_divergence__entropies(P, Q):
    seen = np.flatnonzero(P)
    p, q = P.flat[seen], Q.flat[seen]
    if np.any(q == 0):
        return float("inf")
    return float(np.dot(p, np.log(p)) - np.dot(p, np.log(q)))


def sne_q__row_by_row(Y):
    Q = []
    for i, y in enumerate(Y):
        d = np.sum((Y - y) ** 2, axis=1)
        d[i] = np.inf
        weights = np.exp(d.min() - d)
        Q.append(weights / weights.sum())
    return np.stack(Q)


def sne_q__log_sum_exp(Y):
    logits = -(np.linalg.norm(Y[:, None] - Y[None], axis=2) ** 2)
    logits[np.diag_indices(len(Y))] = -np.inf
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])


def sne_q__without_diagonal(Y):
    N = len(Y)
    off = ~np.eye(N, dtype=bool)
    D = np.einsum("ijk,ijk->ij", Y[:, None] - Y, Y[:, None] - Y)[off].reshape(N, N - 1)
    W = np.exp(-(D - D.min(axis=1, keepdims=True)))
    Q = np.zeros((N, N))
    Q[off] = (W / W.sum(axis=1, keepdims=True)).ravel()
    return Q


def sne_q__plain_python(Y):
    N = len(Y)
    Q = np.zeros((N, N))
    for i in range(N):
        squared = [math.dist(Y[i], Y[j]) ** 2 for j in range(N)]
        nearest = min(squared[j] for j in range(N) if j != i)
        total = sum(math.exp(nearest - squared[j]) for j in range(N) if j != i)
        for j in range(N):
            Q[i, j] = math.exp(nearest - squared[j]) / total if j != i else 0
    return Q


def sne_gradient__two_loops(P, Y):
    N = len(Y)
    W = np.array([[math.exp(-(math.dist(a, b) ** 2)) for b in Y] for a in Y]) - np.eye(N)
    Q = W / W.sum(axis=1, keepdims=True)
    gradient = np.zeros(Y.shape)
    for i in range(N):
        for j in range(N):
            gradient[i] += 2 * (Y[i] - Y[j]) * (P[i, j] - Q[i, j] + P[j, i] - Q[j, i])
    return gradient


def sne_gradient__broadcast(P, Y):
    difference = Y[:, None] - Y[None]
    W = np.exp(-(difference**2).sum(axis=-1))
    np.fill_diagonal(W, 0)
    PQ = P - W / W.sum(axis=1, keepdims=True)
    return 2 * ((PQ + PQ.T)[..., None] * difference).sum(axis=1)


def sne_gradient__einsum(P, Y):
    difference = Y[:, None] - Y
    W = np.exp(-np.einsum("ijk,ijk->ij", difference, difference)) * (1 - np.eye(len(Y)))
    A = P - W / W.sum(axis=1)[:, None]
    return 2 * (np.einsum("ij,ijk->ik", A, difference) + np.einsum("ji,ijk->ik", A, difference))


def sne_gradient__laplacian(P, Y):
    squares = (Y * Y).sum(axis=1)
    W = np.exp(2 * Y @ Y.T - squares[:, None] - squares)
    np.fill_diagonal(W, 0)
    S = P - W / W.sum(axis=1, keepdims=True)
    S = S + S.T
    return 2 * (np.diag(S.sum(axis=1)) - S) @ Y


def joint_probabilities__halves_first(P):
    return (P / 2 + P.T / 2) / P.shape[0]


def joint_probabilities__loops(P):
    N = len(P)
    joint = np.empty((N, N))
    for i in range(N):
        for j in range(N):
            joint[i, j] = (P[i, j] + P[j, i]) / (2 * N)
    return joint


def joint_probabilities__divided_by_its_sum(P):
    joint = P + np.transpose(P)
    return joint / np.sum(joint)


def joint_probabilities__copied_and_edited(P):
    joint = P.copy()
    joint += P.T
    joint *= 0.5 / len(P)
    return joint


def tsne_q__minus_the_diagonal(Y):
    squares = np.sum(np.square(Y), axis=1)
    W = 1 / (1 + np.add(np.add(-2 * np.dot(Y, Y.T), squares).T, squares))
    W[range(len(Y)), range(len(Y))] = 0
    return W / np.sum(W)


def tsne_q__loops(Y):
    N = len(Y)
    W = np.zeros((N, N))
    for i in range(N):
        for j in range(i):
            W[i, j] = W[j, i] = 1 / (1 + np.sum((Y[i] - Y[j]) ** 2))
    return W / W.sum()


def tsne_q__powers(Y):
    W = (1 + np.square(np.linalg.norm(Y[:, None, :] - Y, axis=2))) ** -1.0
    return (W - np.eye(len(Y))) / (W.sum() - len(Y))


def tsne_q__upper_half_mirrored(Y):
    i, j = np.triu_indices(len(Y), k=1)
    weights = 1 / (1 + ((Y[i] - Y[j]) ** 2).sum(axis=1))
    Q = np.zeros((len(Y), len(Y)))
    Q[i, j] = weights / (2 * weights.sum())
    return Q + Q.T


def tsne_gradient__loop_over_points(P, Y):
    W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
    np.fill_diagonal(W, 0)
    PQ = P - np.maximum(W / W.sum(), 1e-12)
    gradient = np.zeros_like(Y)
    for i in range(len(Y)):
        gradient[i] = 4 * np.sum(np.tile(PQ[:, i] * W[:, i], (Y.shape[1], 1)).T * (Y[i] - Y), axis=0)
    return gradient


def tsne_gradient__two_loops(P, Y):
    N = len(Y)
    W = [[1 / (1 + math.dist(Y[i], Y[j]) ** 2) if i != j else 0.0 for j in range(N)] for i in range(N)]
    total = sum(map(sum, W))
    gradient = np.zeros(Y.shape)
    for i in range(N):
        for j in range(N):
            gradient[i] += 4 * (P[i, j] - W[i][j] / total) * W[i][j] * (Y[i] - Y[j])
    return gradient


def tsne_gradient__broadcast(P, Y):
    difference = Y[:, None] - Y[None]
    W = 1 / (1 + (difference**2).sum(axis=-1))
    Q = W * (1 - np.eye(len(Y)))
    Q = Q / Q.sum()
    return 4 * np.sum(((P - Q) * W)[:, :, None] * difference, axis=1)


def tsne_gradient__attraction_and_repulsion(P, Y):
    W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
    np.fill_diagonal(W, 0)
    pull, push = P * W, W**2 / W.sum()
    attraction = pull.sum(axis=1, keepdims=True) * Y - pull @ Y
    repulsion = push.sum(axis=1, keepdims=True) * Y - push @ Y
    return 4 * (attraction - repulsion)


def tsne_step__gradient_inside(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
    np.fill_diagonal(W, 0)
    S = (P * exaggeration - W / W.sum()) * W
    new_velocity = velocity * momentum - learning_rate * 4 * (S.sum(axis=1, keepdims=True) * Y - S @ Y)
    return Y + new_velocity, new_velocity


def tsne_step__copies(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    Y, velocity, P = Y.copy(), velocity.copy(), P.copy()
    P *= exaggeration
    velocity *= momentum
    velocity -= learning_rate * tsne_gradient(P, Y)
    Y += velocity
    return [Y, velocity]


def tsne_step__negative_gradient(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    downhill = -tsne_gradient(np.multiply(P, exaggeration), Y)
    velocity = np.add(momentum * velocity, learning_rate * downhill)
    return np.add(Y, velocity), velocity


def tsne_step__point_by_point(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    gradient = tsne_gradient(exaggeration * P, Y)
    Y_new, velocity_new = np.empty_like(Y), np.empty_like(Y)
    for i in range(len(Y)):
        velocity_new[i] = momentum * velocity[i] - learning_rate * gradient[i]
        Y_new[i] = Y[i] + velocity_new[i]
    return Y_new, velocity_new
