"""Mistakes that students really make in the fooling notebook; each docstring is the hint that they read.

The functions `_right_...` are no mistakes: the entries are edits of them, and two edits make two mistakes at once.
"""

import torch
import torch.nn.functional as F


def _right_fooling_step(X, target_y, model, learning_rate):
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__gradient_not_normalised(X, target_y, model, learning_rate):
    """You step by the gradient as it is: divide it by its Euclidean norm, so that the step has length learning_rate."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad


def fooling_step__squared_norm(X, target_y, model, learning_rate):
    """You divide by the squared norm: take the square root of the sum of squares, or use `gradient.norm()`."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / (leaf.grad**2).sum()


def fooling_step__sign_of_each_entry(X, target_y, model, learning_rate):
    """You move every pixel by the same amount, the sign of the gradient: divide the whole gradient by one number."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad.sign()


def fooling_step__each_entry_by_its_own_size(X, target_y, model, learning_rate):
    """You divide each entry of the gradient by its own absolute value: there is one norm, over all entries together."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / (leaf.grad.abs() + 1e-8)


def fooling_step__each_pixel_normalised(X, target_y, model, learning_rate):
    """You normalise the three channels of each pixel on their own: take one norm over channels and pixels together."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * F.normalize(leaf.grad, dim=1)


def fooling_step__each_channel_normalised(X, target_y, model, learning_rate):
    """You normalise each colour channel on its own: take one norm over channels and pixels together."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm(dim=(2, 3), keepdim=True)


def fooling_step__largest_entry(X, target_y, model, learning_rate):
    """You divide by the largest entry of the gradient (the maximum norm): divide by the Euclidean norm."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.abs().max()


def fooling_step__sum_of_absolute_values(X, target_y, model, learning_rate):
    """You divide by the sum of absolute values (the 1-norm): divide by the Euclidean norm, the root of the squares."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.abs().sum()


def fooling_step__standard_deviation(X, target_y, model, learning_rate):
    """You divide by the standard deviation of the gradient, as DeepDream does: divide by its Euclidean norm."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / (leaf.grad.std() + 1e-8)


def fooling_step__norm_of_the_picture(X, target_y, model, learning_rate):
    """You divide by the length of the picture: divide by the length of the gradient."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / X.norm()


def fooling_step__downhill(X, target_y, model, learning_rate):
    """You subtract the gradient, as in training, and the target's score falls: add it, this is an ascent."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X - learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__gradient_of_probability(X, target_y, model, learning_rate):
    """You climb the probability, or descend the cross-entropy, which is the same way: climb the target's raw score."""
    leaf = X.clone().requires_grad_()
    model(leaf).softmax(dim=1)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__ascends_the_loss(X, target_y, model, learning_rate):
    """You go up the cross-entropy loss, away from the target: go up the target's raw score instead."""
    leaf = X.clone().requires_grad_()
    F.cross_entropy(model(leaf), torch.tensor([target_y])).backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__away_from_the_winner(X, target_y, model, learning_rate):
    """You lower the winner's score and do not look at the target: raise the score of `target_y`."""
    leaf = X.clone().requires_grad_()
    model(leaf).max().backward()
    return X - learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__margin(X, target_y, model, learning_rate):
    """You differentiate the target's score minus the winner's: take the gradient of the target's score alone."""
    leaf = X.clone().requires_grad_()
    scores = model(leaf)[0]
    others = torch.arange(len(scores)) != target_y
    (scores[target_y] - scores[others].max()).backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__wrong_class(X, target_y, model, learning_rate):
    """You raise the score of the class that already wins: raise the score of `target_y`."""
    leaf = X.clone().requires_grad_()
    model(leaf).max().backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__all_classes(X, target_y, model, learning_rate):
    """You differentiate the sum of all the scores: pick the target's score first."""
    leaf = X.clone().requires_grad_()
    model(leaf).sum().backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__edited_in_place(X, target_y, model, learning_rate):
    """You change X itself, perhaps through X.data: it belongs to the caller, return a new tensor."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    X += learning_rate * leaf.grad / leaf.grad.norm()
    return X


def fooling_step__only_the_change(X, target_y, model, learning_rate):
    """You return the change alone: return the picture with the change added."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return learning_rate * leaf.grad / leaf.grad.norm()


def fooling_step__learning_rate_ignored(X, target_y, model, learning_rate):
    """Your step always has length 1: normalise the gradient first, then multiply by learning_rate."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + leaf.grad / leaf.grad.norm()


def fooling_step__clipped_to_0_1(X, target_y, model, learning_rate):
    """You clip the result to 0..1: X is normalised and holds negative values too, nothing is to be clipped here."""
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return (X + learning_rate * leaf.grad / leaf.grad.norm()).clamp(0, 1)


def fooling_step__training_mode(X, target_y, model, learning_rate):
    """You switch the model to training mode, where dropout makes the score random: leave its mode alone."""
    model.train()
    leaf = X.clone().requires_grad_()
    model(leaf)[0, target_y].backward()
    return X + learning_rate * leaf.grad / leaf.grad.norm()


def _right_make_fooling_image(X, target_y, model, max_iter=100, verbose=True):
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__stale_gradients(X, target_y, model, max_iter=100, verbose=True):
    """Gradients of earlier steps pile up in `.grad`: clear it after every step, or use `torch.autograd.grad`."""
    X_fooling = X.clone().requires_grad_()
    for _ in range(max_iter):
        scores = model(X_fooling)[0]
        if scores.argmax() == target_y:
            break
        scores[target_y].backward()
        with torch.no_grad():
            X_fooling += X_fooling.grad / X_fooling.grad.norm()
    return X_fooling.detach()


def make_fooling_image__always_from_the_photograph(X, target_y, model, max_iter=100, verbose=True):
    """You step from the photograph every time, so nothing adds up: step from the picture of the step before."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__gradient_of_the_photograph(X, target_y, model, max_iter=100, verbose=True):
    """You follow the photograph's gradient all the way: ask for the gradient anew after every step."""
    direction = fooling_step(X, target_y, model, 1.0) - X
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = X_fooling + direction
    return X_fooling


def make_fooling_image__never_stops_early(X, target_y, model, max_iter=100, verbose=True):
    """You always take max_iter steps: stop as soon as the target has the largest score."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__max_iter_ignored(X, target_y, model, max_iter=100, verbose=True):
    """Your loop does not look at max_iter and may run for ever (or for 100 steps): take at most max_iter steps."""
    X_fooling = X.clone()
    while model(X_fooling).argmax() != target_y:
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__one_step_too_many(X, target_y, model, max_iter=100, verbose=True):
    """When the target does not win you take max_iter + 1 steps: count them, `range(max_iter)` has max_iter entries."""
    X_fooling = X.clone()
    for _ in range(max_iter + 1):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__one_step_too_few(X, target_y, model, max_iter=100, verbose=True):
    """You return the picture of one step before the target wins: return the one that wins."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        further = fooling_step(X_fooling, target_y, model, 1.0)
        if model(further).argmax() == target_y:
            break
        X_fooling = further
    return X_fooling


def make_fooling_image__any_other_class(X, target_y, model, max_iter=100, verbose=True):
    """You stop as soon as the original class loses: go on until the *target* has the largest score."""
    X_fooling = X.clone()
    original = model(X).argmax()
    for _ in range(max_iter):
        winner = model(X_fooling).argmax()
        if winner == target_y or winner != original:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__among_the_top_five(X, target_y, model, max_iter=100, verbose=True):
    """You stop when the target is among the five largest scores: it has to be the largest."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if target_y in model(X_fooling)[0].topk(5).indices:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__positive_score(X, target_y, model, max_iter=100, verbose=True):
    """You compare the target's score with a fixed number: it has to be the largest of all the scores."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling)[0, target_y] > 0:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__half_the_probability(X, target_y, model, max_iter=100, verbose=True):
    """You wait until the target's probability passes 50%: stop as soon as its score is the largest."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).softmax(dim=1)[0, target_y] > 0.5:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__argmax_over_the_batch(X, target_y, model, max_iter=100, verbose=True):
    """You take the argmax over the batch (dim=0), which is always 0: the classes lie along dim=1."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax(dim=0)[0] == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__photograph_edited(X, target_y, model, max_iter=100, verbose=True):
    """You change X itself: `X_fooling = X` is a second name and no copy, write `X.clone()`."""
    X_fooling = X
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling += fooling_step(X_fooling, target_y, model, 1.0) - X_fooling
    return X_fooling


def make_fooling_image__photograph_returned(X, target_y, model, max_iter=100, verbose=True):
    """You return the photograph that you were given: return the changed picture."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X


def make_fooling_image__only_the_change(X, target_y, model, max_iter=100, verbose=True):
    """You return the change alone: return the picture with the change in it."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling - X


def make_fooling_image__batch_dimension_lost(X, target_y, model, max_iter=100, verbose=True):
    """Your result lost its batch dimension: return a tensor (1, 3, H, W)."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling[0]


def make_fooling_image__nothing_when_max_iter_is_reached(X, target_y, model, max_iter=100, verbose=True):
    """You return a picture only if the target wins: after max_iter steps return the picture as it is then."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            return X_fooling
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return None


def make_fooling_image__crash_when_verbose(X, target_y, model, max_iter=100, verbose=True):
    """Your code fails only with verbose=True: a tensor of all the scores does not fit into one number's format."""
    X_fooling = X.clone()
    for step in range(max_iter):
        scores = model(X_fooling)
        if verbose:
            print(f"step {step}: {scores.detach().numpy():.2f}")
        if scores.argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__crash_when_silent(X, target_y, model, max_iter=100, verbose=True):
    """Your code fails with verbose=False: a variable that the loop needs is set only where it prints."""
    X_fooling = X.clone()
    for step in range(max_iter):
        scores = None
        if verbose:
            scores = model(X_fooling)
            print(f"step {step}: {scores[0, target_y]:.2f}")
        if scores.argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__stops_only_when_verbose(X, target_y, model, max_iter=100, verbose=True):
    """Your test for the end stands inside `if verbose`: the loop has to end without printing, too."""
    X_fooling = X.clone()
    for step in range(max_iter):
        if verbose:
            winner = model(X_fooling).argmax()
            print(f"step {step}: class {winner}")
            if winner == target_y:
                break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0)
    return X_fooling


def make_fooling_image__short_steps(X, target_y, model, max_iter=100, verbose=True):
    """Your steps do not have length 1: the loop uses learning_rate 1."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 0.1)
    return X_fooling


def make_fooling_image__sign_steps(X, target_y, model, max_iter=100, verbose=True):
    """You move every pixel by the sign of the gradient: step by `fooling_step`, a normalised gradient of length 1."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        step = fooling_step(X_fooling, target_y, model, 1.0) - X_fooling
        X_fooling = X_fooling + 0.05 * step.sign()
    return X_fooling


def make_fooling_image__clipped_to_0_1(X, target_y, model, max_iter=100, verbose=True):
    """You clip to 0..1 after each step: X is normalised and holds negative values too, so clip nothing."""
    X_fooling = X.clone()
    for _ in range(max_iter):
        if model(X_fooling).argmax() == target_y:
            break
        X_fooling = fooling_step(X_fooling, target_y, model, 1.0).clamp(0, 1)
    return X_fooling


def make_fooling_image__stale_and_not_normalised(X, target_y, model, max_iter=100, verbose=True):
    """You neither clear the gradient between steps nor divide it by its norm: each step should have length 1."""
    fooling = X.clone().requires_grad_()
    for _ in range(max_iter):
        scores = model(fooling)
        if scores.argmax() == target_y:
            break
        scores[0, target_y].backward()
        fooling.data += fooling.grad
    return fooling.detach()


def make_fooling_image__a_fixed_number_of_steps(X, target_y, model, max_iter=100, verbose=True):
    """You take the same number of steps whatever happens: at most `max_iter` steps, and none once the target wins."""
    fooling = X.clone()
    for _ in range(30):
        fooling = fooling_step(fooling, target_y, model, 1.0)
    return fooling
