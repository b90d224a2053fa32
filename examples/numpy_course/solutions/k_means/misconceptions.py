"""Mistakes that students make in k_means: one wrong version each, the docstring is the hint."""

import numpy as np


def _right_nearest_center(points, centers):
    differences = points[:, None] - centers[None]
    return (differences**2).sum(axis=2).argmin(axis=1)


def nearest_center__farthest(points, centers):
    """You take the farthest center: argmin, not argmax."""
    differences = points[:, None] - centers[None]
    return (differences**2).sum(axis=2).argmax(axis=1)


def nearest_center__distances(points, centers):
    """You return the smallest distances: return the numbers of the centers, with argmin."""
    differences = points[:, None] - centers[None]
    return (differences**2).sum(axis=2).min(axis=1)


def nearest_center__nearest_point(points, centers):
    """You return the nearest point of each center: take the argmin over the centers, axis 1."""
    differences = points[:, None] - centers[None]
    return (differences**2).sum(axis=2).argmin(axis=0)


def nearest_center__signed(points, centers):
    """You add up differences with their sign, which cancel: square them first."""
    differences = points[:, None] - centers[None]
    return differences.sum(axis=2).argmin(axis=1)


def nearest_center__last_of_equals(points, centers):
    """Of centers that are equally near you take the last: the one with the smaller number counts."""
    distances = ((points[:, None] - centers[None]) ** 2).sum(axis=2)
    return distances.shape[1] - 1 - distances[:, ::-1].argmin(axis=1)


def _right_move_centers(points, labels, centers):
    moved = centers.copy()
    for k in range(len(centers)):
        mine = points[labels == k]
        if len(mine) > 0:
            moved[k] = mine.mean(axis=0)
    return moved


def move_centers__sum(points, labels, centers):
    """You add the points of a cluster up: divide by how many there are."""
    moved = centers.copy()
    for k in range(len(centers)):
        mine = points[labels == k]
        if len(mine) > 0:
            moved[k] = mine.sum(axis=0)
    return moved


def move_centers__one_number(points, labels, centers):
    """You take the mean over all coordinates: average over the points alone, axis 0."""
    moved = centers.copy()
    for k in range(len(centers)):
        mine = points[labels == k]
        if len(mine) > 0:
            moved[k] = mine.mean()
    return moved


def move_centers__in_place(points, labels, centers):
    """You write into the caller's centers: work on a copy."""
    for k in range(len(centers)):
        mine = points[labels == k]
        if len(mine) > 0:
            centers[k] = mine.mean(axis=0)
    return centers


def move_centers__empty_to_zero(points, labels, centers):
    """A center without points moves to zero: it should stay where it is."""
    moved = np.zeros_like(centers)
    for k in range(len(centers)):
        mine = points[labels == k]
        if len(mine) > 0:
            moved[k] = mine.mean(axis=0)
    return moved


def move_centers__empty_is_nan(points, labels, centers):
    """The mean of no points is NaN: leave a center without points where it is."""
    return np.array([points[labels == k].mean(axis=0) for k in range(len(centers))])


def _right_k_means(points, centers, max_iter=100):
    labels = nearest_center(points, centers)
    for rounds in range(1, max_iter + 1):
        centers = move_centers(points, labels, centers)
        again = nearest_center(points, centers)
        if np.array_equal(again, labels):
            break
        labels = again
    return centers, labels, rounds


def k_means__counts_from_zero(points, centers, max_iter=100):
    """You count the rounds from 0: the first one is round 1."""
    labels = nearest_center(points, centers)
    for rounds in range(max_iter):
        centers = move_centers(points, labels, centers)
        again = nearest_center(points, centers)
        if np.array_equal(again, labels):
            break
        labels = again
    return centers, labels, rounds


def k_means__never_stops_early(points, centers, max_iter=100):
    """You always go all the rounds: stop after the first one that changes no label."""
    labels = nearest_center(points, centers)
    for _ in range(max_iter):
        centers = move_centers(points, labels, centers)
        labels = nearest_center(points, centers)
    return centers, labels, max_iter


def k_means__one_round_only(points, centers, max_iter=100):
    """You go one round: repeat until no label changes."""
    centers = move_centers(points, nearest_center(points, centers), centers)
    return centers, nearest_center(points, centers), 1


def k_means__old_labels(points, centers, max_iter=100):
    """You stop with the labels of the round before: assign anew after the last move."""
    labels = nearest_center(points, centers)
    for rounds in range(1, max_iter + 1):
        centers = move_centers(points, labels, centers)
        again = nearest_center(points, centers)
        if np.array_equal(again, labels) or rounds == max_iter:
            break
        labels = again
    return centers, labels, rounds
