"""Mistakes that students make in the t-SNE notebook: one wrong version each, the docstring is the hint.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import numpy as np


def _right_pairwise_squared_distances(X):
    return ((X[:, None] - X[None]) ** 2).sum(axis=2)


def _right_pairwise_squared_distances__2(X):
    squares = (X**2).sum(axis=1)
    return np.maximum(squares[:, None] + squares[None, :] - 2 * X @ X.T, 0)


def pairwise_squared_distances__not_squared(X):
    """You return distances: leave out the square root, everything below uses squared distances."""
    return np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))


def pairwise_squared_distances__rounding_not_clipped(X):
    """Rounding makes some of your squared distances slightly negative: set entries below 0 to 0 with np.maximum."""
    squares = (X**2).sum(axis=1)
    return squares[:, None] + squares[None, :] - 2 * X @ X.T


def pairwise_squared_distances__absolute_differences(X):
    """You add up absolute differences (the city block distance): square the differences."""
    return np.abs(X[:, None] - X[None]).sum(axis=2)


def pairwise_squared_distances__factor_two_missing(X):
    """The product x_i . x_j enters with the factor -2: (a - b)^2 = a^2 + b^2 - 2ab."""
    squares = (X**2).sum(axis=1)
    return np.maximum(squares[:, None] + squares[None, :] - X @ X.T, 0)


def pairwise_squared_distances__between_columns(X):
    """You compare columns: the points are the rows of X, the result is (N, N)."""
    return ((X.T[:, None] - X.T[None]) ** 2).sum(axis=2)


def pairwise_squared_distances__mean_over_features(X):
    """You average over the features: the squared distance is the sum."""
    return ((X[:, None] - X[None]) ** 2).mean(axis=2)


def pairwise_squared_distances__upper_half_only(X):
    """Only entries above the diagonal are filled in: the distance from j to i is that from i to j."""
    D = np.zeros((len(X), len(X)))
    for i in range(len(X)):
        for j in range(i + 1, len(X)):
            D[i, j] = ((X[i] - X[j]) ** 2).sum()
    return D


def pairwise_squared_distances__points_centred_in_place(X):
    """You subtract the mean from X itself: distances stay the same, but the caller's array does not. Work on a copy."""
    X -= X.mean(axis=0)
    squares = (X**2).sum(axis=1)
    return np.maximum(squares[:, None] + squares[None, :] - 2 * X @ X.T, 0)


def _right_conditional_probabilities(D, sigma):
    exponents = -D / (2 * sigma[:, None] ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__beta_without_half(D, sigma):
    """You divide by sigma^2: the Gaussian's exponent is -D / (2 sigma^2)."""
    exponents = -D / sigma[:, None] ** 2
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__sigma_not_squared(D, sigma):
    """You divide by 2 sigma: sigma is squared, the exponent is -D / (2 sigma^2)."""
    exponents = -D / (2 * sigma[:, None])
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__sigma_is_beta(D, sigma):
    """You multiply by sigma as if it were beta = 1 / (2 sigma^2): here sigma is the width, divide by 2 sigma^2."""
    exponents = -D * sigma[:, None]
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__sigma_of_the_column(D, sigma):
    """You use sigma of the column j: row i has the Gaussian of point i, so broadcast with sigma[:, None]."""
    exponents = -D / (2 * sigma**2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__one_sigma_for_all(D, sigma):
    """You use one sigma for all points: row i has its own sigma[i]."""
    exponents = -D / (2 * np.mean(sigma) ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__picks_itself(D, sigma):
    """The diagonal takes part in your sum: a point never picks itself, set the diagonal to 0 before normalising."""
    weights = np.exp(-D / (2 * sigma[:, None] ** 2))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__diagonal_zeroed_too_late(D, sigma):
    """You set the diagonal to 0 after normalising, so rows sum to less than 1: do it before."""
    weights = np.exp(-D / (2 * sigma[:, None] ** 2))
    P = weights / weights.sum(axis=1, keepdims=True)
    np.fill_diagonal(P, 0)
    return P


def conditional_probabilities__columns_normalised(D, sigma):
    """Your columns sum to 1: p_{j|i} sums to 1 over j, along row i (axis=1)."""
    exponents = -D / (2 * sigma[:, None] ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents)
    return weights / np.maximum(weights.sum(axis=0, keepdims=True), 1e-300)


def conditional_probabilities__normalised_over_all(D, sigma):
    """You normalise the whole table: each row is a distribution of its own and sums to 1."""
    exponents = -D / (2 * sigma[:, None] ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum()


def conditional_probabilities__distances_squared_again(D, sigma):
    """You square D: it holds squared distances already."""
    exponents = -(D**2) / (2 * sigma[:, None] ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__sign_forgotten(D, sigma):
    """Your far points are the likely ones: the exponent is negative."""
    exponents = D / (2 * sigma[:, None] ** 2)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__zero_over_zero(D, sigma):
    """With a small sigma a whole row's exponentials become 0: first subtract its smallest off-diagonal distance."""
    weights = np.exp(-D / (2 * sigma[:, None] ** 2))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def conditional_probabilities__shifted_by_the_diagonal(D, sigma):
    """The smallest entry of a row is its diagonal 0, so your shift changes nothing: leave the diagonal out of it."""
    exponents = -D / (2 * sigma[:, None] ** 2)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    np.fill_diagonal(weights, 0)
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)


def conditional_probabilities__diagonal_of_D_overwritten(D, sigma):
    """You write infinity into the caller's D: make the exponents first, or work on a copy."""
    np.fill_diagonal(D, np.inf)
    exponents = -D / (2 * sigma[:, None] ** 2)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _right_perplexity(P):
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** -(P * logs).sum(axis=1)


def perplexity__power_of_two_of_nats(P):
    """You take 2 to an entropy in nats: use log2 for the entropy (or e to the entropy in nats)."""
    logs = np.log(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** -(P * logs).sum(axis=1)


def perplexity__exponential_of_bits(P):
    """You take e to an entropy in bits: use a power of 2 (or the natural logarithm)."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return np.exp(-(P * logs).sum(axis=1))


def perplexity__entropy_returned(P):
    """You return the entropy: the perplexity is 2 to the entropy."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return -(P * logs).sum(axis=1)


def perplexity__sign_forgotten(P):
    """Your perplexities lie below 1: the entropy has a minus sign."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** (P * logs).sum(axis=1)


def perplexity__one_for_all_rows(P):
    """You sum over the whole table: each row has a perplexity of its own."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** -((P * logs).sum() / len(P))


def perplexity__over_columns(P):
    """You sum over the columns: row i holds the distribution of point i, sum along axis=1."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** -(P * logs).sum(axis=0)


def perplexity__mean_of_the_row(P):
    """You average p log p over the row: the entropy is the sum."""
    logs = np.log2(P, out=np.zeros_like(P), where=P > 0)
    return 2 ** -(P * logs).mean(axis=1)


def perplexity__zero_times_infinity(P):
    """0 times log 0 became NaN: entries that are 0 contribute nothing, leave them out of the logarithm."""
    return 2 ** -(P * np.log2(P)).sum(axis=1)


def perplexity__not_weighted(P):
    """You add up the logarithms alone: each is weighted by its p."""
    return 2 ** -np.log2(P, out=np.zeros_like(P), where=P > 0).sum(axis=1)


def perplexity__neighbours_counted(P):
    """You count the entries above zero: the perplexity counts a neighbour by its share, 2 to the entropy."""
    return (P > 0).sum(axis=1).astype(float)


def _right_search_sigmas(D, *, perplexity, tol):
    low, high = np.zeros(len(D)), np.full(len(D), 1e3 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__wrong_side(D, *, perplexity, tol):
    """You move the wrong bound: where the perplexity is too small, sigma is too small, and the lower bound moves up."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e4 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        if (np.abs(excess) <= tol).all():
            break
        low, high = np.where(excess > 0, sigma, low), np.where(excess > 0, high, sigma)
    return sigma


def search_sigmas__stops_after_ten_rounds(D, *, perplexity, tol):
    """You stop after a few halvings: go on until every row is within tol, that takes some 30 to 60 rounds."""
    low, high = np.zeros(len(D)), np.full(len(D), 2 * np.sqrt(D.max()))
    for _ in range(10):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__entropy_in_nats(D, *, perplexity, tol):
    """You compare an entropy in nats with the base-2 logarithm of the perplexity: take both logarithms to base 2."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e3 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__perplexity_taken_for_entropy(D, *, perplexity, tol):
    """You compare the entropy with the perplexity itself: compare it with log2(perplexity)."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e3 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - perplexity
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__tolerance_of_its_own(D, *, perplexity, tol):
    """You stop at a tolerance of your own: the argument tol decides."""
    low, high = np.zeros(len(D)), np.full(len(D), 2 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        if (np.abs(excess) <= 1e-2).all():
            break
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__stops_at_the_first_row(D, *, perplexity, tol):
    """You stop as soon as one row is within tol: all of them have to be."""
    low, high = np.zeros(len(D)), np.full(len(D), 2 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        if (np.abs(excess) <= tol).any():
            break
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__average_over_rows(D, *, perplexity, tol):
    """Your one sigma is right on average: every row has its own sigma and reaches the perplexity itself."""
    low, high = 0.0, 1e3 * np.sqrt(D.max())
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, np.full(len(D), sigma))
        entropy = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1).mean()
        if entropy < np.log2(perplexity):
            low = sigma
        else:
            high = sigma
    return np.full(len(D), sigma)


def search_sigmas__upper_bound_fixed(D, *, perplexity, tol):
    """Your search cannot leave the interval from 0 to 1: distances may have any scale, so double the upper bound."""
    low, high = np.zeros(len(D)), np.ones(len(D))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__diagonal_counted(D, *, perplexity, tol):
    """Your rows count the point itself as a neighbour: leave the diagonal out before you normalise."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e3 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = np.exp(-D / (2 * sigma[:, None] ** 2))
        P /= P.sum(axis=1, keepdims=True)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return sigma


def search_sigmas__returns_beta(D, *, perplexity, tol):
    """You return beta = 1 / (2 sigma^2), which many programs search for: return sigma."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e3 * np.sqrt(D.max()))
    for _ in range(100):
        sigma = (low + high) / 2
        P = conditional_probabilities(D, sigma)
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, sigma, low), np.where(excess < 0, high, sigma)
    return 1 / (2 * sigma**2)


def search_sigmas__returns_variance(D, *, perplexity, tol):
    """You return sigma squared: return sigma, the standard deviation."""
    low, high = np.zeros(len(D)), np.full(len(D), 1e6 * D.max())
    for _ in range(150):
        variance = (low + high) / 2
        P = conditional_probabilities(D, np.sqrt(variance))
        excess = -(P * np.log2(P, out=np.zeros_like(P), where=P > 0)).sum(axis=1) - np.log2(perplexity)
        low, high = np.where(excess < 0, variance, low), np.where(excess < 0, high, variance)
    return variance


def _right_kl_divergence(P, Q):
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(P[P > 0] * np.log(P[P > 0] / Q[P > 0]))


def kl_divergence__arguments_swapped(P, Q):
    """This is D_KL(Q || P): the logarithm is of p / q, and p is the weight."""
    if ((P == 0) & (Q > 0)).any():
        return np.inf
    return np.sum(Q[Q > 0] * np.log(Q[Q > 0] / P[Q > 0]))


def kl_divergence__in_bits(P, Q):
    """Your divergence is in bits: use the natural logarithm."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(P[P > 0] * np.log2(P[P > 0] / Q[P > 0]))


def kl_divergence__sign_flipped(P, Q):
    """Your divergence is negative: the logarithm is of p / q, not of q / p."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(P[P > 0] * np.log(Q[P > 0] / P[P > 0]))


def kl_divergence__not_weighted(P, Q):
    """You add up the logarithms alone: each entry is weighted by p."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(np.log(P[P > 0] / Q[P > 0]))


def kl_divergence__mean_over_entries(P, Q):
    """You average over the entries: the divergence is their sum."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(P[P > 0] * np.log(P[P > 0] / Q[P > 0])) / P.size


def kl_divergence__mean_over_rows(P, Q):
    """You divide by the number of rows: the divergence is the sum over all entries."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(P[P > 0] * np.log(P[P > 0] / Q[P > 0])) / len(P)


def kl_divergence__one_for_each_row(P, Q):
    """You return one divergence a row: sum over all entries, whatever the shape."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    terms = np.zeros(P.shape)
    terms[P > 0] = P[P > 0] * np.log(P[P > 0] / Q[P > 0])
    return terms.sum(axis=-1) if P.ndim > 1 else terms.sum()


def kl_divergence__cross_entropy(P, Q):
    """This is the cross-entropy: p log p belongs to the divergence too, so that it is 0 for P = Q."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return -np.sum(P[P > 0] * np.log(Q[P > 0]))


def kl_divergence__absolute_terms(P, Q):
    """You add up absolute values: terms with p < q are negative and stay so, only the sum is never negative."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    return np.sum(np.abs(P[P > 0] * np.log(P[P > 0] / Q[P > 0])))


def kl_divergence__zero_times_infinity(P, Q):
    """Entries with p = 0 became NaN: they contribute 0, leave them out of the logarithm."""
    return np.sum(P * np.log(P / Q))


def kl_divergence__zeros_of_q_left_out(P, Q):
    """You leave out entries with q = 0: where p > 0 they make the divergence infinite."""
    both = (P > 0) & (Q > 0)
    return np.sum(P[both] * np.log(P[both] / Q[both]))


def kl_divergence__small_number_added(P, Q):
    """You add a small number inside the logarithm: then q = 0 < p gives a finite divergence, but it is infinite."""
    return np.sum(P * np.log((P + 1e-12) / (Q + 1e-12)))


def kl_divergence__inputs_normalised(P, Q):
    """You normalise P and Q first: in SNE they sum to N, and the sum runs over the entries as they are."""
    if ((P > 0) & (Q == 0)).any():
        return np.inf
    P, Q = P / P.sum(), Q / Q.sum()
    return np.sum(P[P > 0] * np.log(P[P > 0] / Q[P > 0]))


def kl_divergence__symmetrised(P, Q):
    """You average both directions: the Kullback-Leibler divergence is not symmetric, p is the weight."""
    if ((P > 0) != (Q > 0)).any():
        return np.inf
    p, q = P[P > 0], Q[P > 0]
    return np.sum((p - q) * np.log(p / q)) / 2


def _right_sne_q(Y):
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__half_in_the_exponent(Y):
    """You divide the squared distance by 2: here 2 sigma^2 = 1, the weight is exp(-d^2)."""
    exponents = -pairwise_squared_distances(Y) / 2
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__normalised_over_all(Y):
    """You normalise over all pairs, as t-SNE will: in SNE each row sums to 1."""
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents)
    return weights / weights.sum()


def sne_q__columns_normalised(Y):
    """Your columns sum to 1: q_{j|i} sums to 1 over j, along row i (axis=1)."""
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=0, keepdims=True))
    return weights / weights.sum(axis=0, keepdims=True)


def sne_q__student_t(Y):
    """This is the Student-t distribution: SNE's q is the Gaussian exp(-d^2), the t comes with t-SNE."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__distance_not_squared(Y):
    """You take exp(-d): the distance in the exponent is squared."""
    exponents = -np.sqrt(pairwise_squared_distances(Y))
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__picks_itself(Y):
    """Your points of the map pick themselves: q_{i|i} is 0, set the diagonal to 0 before normalising."""
    weights = np.exp(-pairwise_squared_distances(Y))
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__zero_over_zero(Y):
    """Far from all others a point's exponentials are all 0: first subtract the row's smallest off-diagonal distance."""
    weights = np.exp(-pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def sne_q__symmetrised(Y):
    """You symmetrise q: in SNE q_{j|i} and q_{i|j} differ, that comes with t-SNE."""
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    Q = weights / weights.sum(axis=1, keepdims=True)
    return (Q + Q.T) / 2


def _right_sne_gradient(P, Y):
    Q = sne_q(Y)
    springs = P - Q + P.T - Q.T
    return 2 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__factor_two_missing(P, Y):
    """Your gradient is half as long as it should be: the formula begins with a factor 2."""
    Q = sne_q(Y)
    springs = P - Q + P.T - Q.T
    return (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__factor_of_tsne(P, Y):
    """You use t-SNE's factor 4: SNE's gradient has the factor 2."""
    Q = sne_q(Y)
    springs = P - Q + P.T - Q.T
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__points_uphill(P, Y):
    """Your gradient points the other way: the difference is y_i - y_j, weighted by p - q."""
    Q = sne_q(Y)
    springs = P - Q + P.T - Q.T
    return 2 * (springs[:, :, None] * (Y[None] - Y[:, None])).sum(axis=1)


def sne_gradient__one_direction_only(P, Y):
    """You use p_{j|i} - q_{j|i} alone: moving y_i also changes what the others pick, so add p_{i|j} - q_{i|j}."""
    Q = sne_q(Y)
    return 2 * ((P - Q)[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__first_direction_twice(P, Y):
    """You count p_{j|i} - q_{j|i} twice: the second pair is the transpose, p_{i|j} - q_{i|j}."""
    Q = sne_q(Y)
    return 4 * ((P - Q)[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__q_forgotten(P, Y):
    """Nothing pushes the points apart: subtract q from p."""
    return 2 * ((P + P.T)[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__averaged(P, Y):
    """You average over the points: the gradient is the sum over j."""
    Q = sne_q(Y)
    springs = P - Q + P.T - Q.T
    return 2 * (springs[:, :, None] * (Y[:, None] - Y[None])).mean(axis=1)


def sne_gradient__kernel_of_tsne(P, Y):
    """You multiply by 1 / (1 + d^2): that kernel belongs to t-SNE, SNE's springs have no such factor."""
    Q = sne_q(Y)
    springs = (P - Q + P.T - Q.T) / (1 + pairwise_squared_distances(Y))
    return 2 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def sne_gradient__own_point_left_out(P, Y):
    """You keep only the terms with -y_j: each spring pulls along the difference y_i - y_j."""
    Q = sne_q(Y)
    return -2 * (P - Q + P.T - Q.T) @ Y


def _right_joint_probabilities(P):
    return (P + P.T) / (2 * len(P))


def joint_probabilities__divided_by_n(P):
    """Your table sums to 2: divide by 2N, not by N."""
    return (P + P.T) / len(P)


def joint_probabilities__divided_by_two(P):
    """Your table sums to N: divide by 2N, not by 2."""
    return (P + P.T) / 2


def joint_probabilities__not_symmetrised(P):
    """Your table is not symmetric: add the transpose, p_{i|j}, before you divide."""
    return P / len(P)


def joint_probabilities__not_divided(P):
    """You add the transpose but do not divide: (P + P^T) / 2N sums to 1."""
    return P + P.T


def joint_probabilities__product(P):
    """You multiply p_{j|i} by p_{i|j}: add them, and divide by 2N."""
    return P * P.T / max((P * P.T).sum(), 1e-300)


def joint_probabilities__rows_sum_to_one(P):
    """Your rows sum to 1: the joint table sums to 1 as a whole."""
    both = P + P.T
    return both / both.sum(axis=1, keepdims=True)


def joint_probabilities__written_into_p(P):
    """You change P in place: return a new array, the caller still needs the conditional table."""
    P += P.T.copy()
    P /= 2 * len(P)
    return P


def _right_tsne_q(Y):
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum()


def tsne_q__one_missing(Y):
    """You take 1 / d^2: the weight is 1 / (1 + d^2)."""
    D = pairwise_squared_distances(Y)
    np.fill_diagonal(D, np.inf)
    return (1 / D) / (1 / D).sum()


def tsne_q__gaussian(Y):
    """This is the Gaussian, made joint: t-SNE's weight is 1 / (1 + d^2)."""
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    weights = np.exp(exponents - exponents.max())
    return weights / weights.sum()


def tsne_q__rows_normalised(Y):
    """Your rows sum to 1: t-SNE's q is joint, one sum over the whole table."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def tsne_q__rows_normalised_then_symmetrised(Y):
    """You normalise the rows and then symmetrise: divide by one sum over all pairs, that is symmetric by itself."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    Q = weights / weights.sum(axis=1, keepdims=True)
    return (Q + Q.T) / (2 * len(Y))


def tsne_q__diagonal_counted(Y):
    """The diagonal, N ones, takes part in your sum: set it to 0 before normalising."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    return weights / weights.sum()


def tsne_q__diagonal_zeroed_too_late(Y):
    """You set the diagonal to 0 after normalising, so the table sums to less than 1: do it before."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    Q = weights / weights.sum()
    np.fill_diagonal(Q, 0)
    return Q


def tsne_q__distance_not_squared(Y):
    """You take 1 / (1 + d): the distance is squared."""
    weights = 1 / (1 + np.sqrt(pairwise_squared_distances(Y)))
    np.fill_diagonal(weights, 0)
    return weights / weights.sum()


def tsne_q__weights_returned(Y):
    """You return the weights: divide them by their sum over all pairs."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights


def tsne_q__each_pair_counted_once(Y):
    """Your table sums to 2: the sum in the denominator runs over ordered pairs, (k, l) and (l, k)."""
    weights = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(weights, 0)
    return weights / np.triu(weights).sum()


def _right_tsne_gradient(P, Y):
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__factor_four_missing(P, Y):
    """Your gradient is a quarter of what it should be: the formula begins with a factor 4."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel
    return (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__factor_of_sne(P, Y):
    """You use SNE's factor 2: t-SNE's gradient has the factor 4."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel
    return 2 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__points_uphill(P, Y):
    """Your gradient has the wrong sign: it is (p_ij - q_ij) times y_i - y_j, not q - p and not y_j - y_i."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel
    return 4 * (springs[:, :, None] * (Y[None] - Y[:, None])).sum(axis=1)


def tsne_gradient__kernel_missing(P, Y):
    """You leave out the kernel: each term is multiplied by 1 / (1 + d^2)."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = P - kernel / kernel.sum()
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__kernel_squared(P, Y):
    """You multiply by the kernel twice: 1 / (1 + d^2) enters once, beside p - q."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel**2
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__q_instead_of_kernel(P, Y):
    """You multiply by q, the normalised kernel: multiply by 1 / (1 + d^2) itself."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    Q = kernel / kernel.sum()
    return 4 * (((P - Q) * Q)[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__q_not_normalised(P, Y):
    """You subtract the kernel from p: subtract q, the kernel divided by its sum over all pairs."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    return 4 * (((P - kernel) * kernel)[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__q_rows_normalised(P, Y):
    """Your q sums to 1 in each row: t-SNE's q is joint, one sum over the whole table."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum(axis=1, keepdims=True)) * kernel
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__gaussian_q(P, Y):
    """Your q is Gaussian, so this is the gradient of symmetric SNE: use the Student-t q and its kernel."""
    exponents = -pairwise_squared_distances(Y)
    np.fill_diagonal(exponents, -np.inf)
    springs = P - np.exp(exponents) / np.exp(exponents).sum()
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__difference_normalised(P, Y):
    """You divide y_i - y_j by its length: the difference enters as it is."""
    difference = Y[:, None] - Y[None]
    D = (difference**2).sum(axis=2)
    kernel = 1 / (1 + D)
    np.fill_diagonal(kernel, 0)
    np.fill_diagonal(D, 1)
    springs = (P - kernel / kernel.sum()) * kernel / np.sqrt(D)
    return 4 * (springs[:, :, None] * difference).sum(axis=1)


def tsne_gradient__p_normalised(P, Y):
    """You divide P by its sum, which undoes early exaggeration: use P as it is given."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P / P.sum() - kernel / kernel.sum()) * kernel
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).sum(axis=1)


def tsne_gradient__averaged(P, Y):
    """You divide by the number of points: t-SNE's gradient is the sum over j."""
    kernel = 1 / (1 + pairwise_squared_distances(Y))
    np.fill_diagonal(kernel, 0)
    springs = (P - kernel / kernel.sum()) * kernel
    return 4 * (springs[:, :, None] * (Y[:, None] - Y[None])).mean(axis=1)


def _right_tsne_step(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__climbs(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You add the gradient: the cost falls against it, so subtract learning_rate * gradient."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity + learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__momentum_subtracted(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You subtract the momentum: the old velocity goes on in its direction, with a plus sign."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = -momentum * velocity - learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__momentum_ignored(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You forget the old velocity: momentum * velocity is part of the new one."""
    velocity = -learning_rate * tsne_gradient(exaggeration * P, Y)
    return Y + velocity, velocity


def tsne_step__averaged_gradient(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You weight the gradient by 1 - momentum, a running average: here it enters with the learning rate alone."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity - (1 - momentum) * learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__exaggeration_ignored(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You ignore the exaggeration: the gradient is that of exaggeration * P."""
    gradient = tsne_gradient(P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__gradient_exaggerated(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You multiply the whole gradient: only P is exaggerated, q stays as it is."""
    gradient = tsne_gradient(P, Y)
    velocity = momentum * velocity - learning_rate * exaggeration * gradient
    return Y + velocity, velocity


def tsne_step__p_exaggerated_for_good(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You multiply P in place, so it grows with every step: multiply a copy, `exaggeration * P`."""
    P *= exaggeration
    gradient = tsne_gradient(P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    return Y + velocity, velocity


def tsne_step__old_velocity_moves_y(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You move Y by the old velocity: work out the new one first, and move by that."""
    gradient = tsne_gradient(exaggeration * P, Y)
    return Y + velocity, momentum * velocity - learning_rate * gradient


def tsne_step__old_velocity_returned(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You return the velocity as it came: return the new one, the next step needs it."""
    gradient = tsne_gradient(exaggeration * P, Y)
    return Y + momentum * velocity - learning_rate * gradient, velocity


def tsne_step__order_swapped(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You return the velocity first: the new Y comes first."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    return velocity, Y + velocity


def tsne_step__moved_in_place(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """`Y += velocity` moves the caller's points: return a new array, Y + velocity."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    Y += velocity
    return Y, velocity


def tsne_step__recentred(Y, velocity, P, *, learning_rate, momentum, exaggeration):
    """You subtract the mean of Y, as some programs do after each step: here the step is Y + velocity and no more."""
    gradient = tsne_gradient(exaggeration * P, Y)
    velocity = momentum * velocity - learning_rate * gradient
    moved = Y + velocity
    return moved - moved.mean(axis=0), velocity
