"""Right answers to k_means, written in another way: all of them earn full marks."""

import numpy as np


def nearest_center__loop(points, centers):
    labels = []
    for point in points:
        distances = [np.linalg.norm(point - center) for center in centers]
        labels.append(int(np.argmin(distances)))
    return np.array(labels)


def nearest_center__list(points, centers):
    return np.array([min(range(len(centers)), key=lambda k: sum((point - centers[k]) ** 2)) for point in points])


def move_centers__list(points, labels, centers):
    labels = np.asarray(labels)
    return np.stack(
        [points[labels == k].mean(axis=0) if (labels == k).any() else centers[k] for k in range(len(centers))]
    )


def move_centers__one_hot(points, labels, centers):
    members = np.asarray(labels)[:, None] == np.arange(len(centers))
    counts = members.sum(axis=0)[:, None]
    return np.where(counts > 0, members.T.astype(float) @ points / np.maximum(counts, 1), centers)


def k_means__while(points, centers, max_iter=100):
    labels, rounds = nearest_center(points, centers), 0
    while rounds < max_iter:
        rounds += 1
        centers = move_centers(points, labels, centers)
        before, labels = labels, nearest_center(points, centers)
        if all(a == b for a, b in zip(before, labels, strict=True)):
            break
    return centers, labels, rounds
