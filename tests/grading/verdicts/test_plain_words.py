"""Do our sentences fit what is really raised, by the torch, NumPy and Python that are installed?"""

import urllib.request

import numpy as np
import pytest
import torch

from grading.verdicts.plain_words import in_plain_words


def no_graph():
    torch.ones(3).sum().backward()


def in_place_on_a_leaf():
    x = torch.ones(3, requires_grad=True)
    x += 1


def in_place_on_a_view_of_a_leaf():
    x = torch.ones(3, requires_grad=True)
    x[0] = 1


def edited_before_backward():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y += 1
    y.sum().backward()


def fixed_ones():
    torch.ones(3, requires_grad=True).mul(2).backward(torch.ones(5))


def no_scalar():
    torch.ones(3, requires_grad=True).mul(2).backward()


def twice():
    y = torch.ones(3, requires_grad=True).exp().sum()
    y.backward()
    y.backward()


def another_tensor():
    x = torch.ones(3, requires_grad=True)
    torch.autograd.grad(x.clone().sum(), torch.ones(3, requires_grad=True))


def numpy_of_a_tracked_one():
    torch.ones(3, requires_grad=True).numpy()


def formatted():
    format(torch.ones(3), ".2f")


def formatted_array():
    format(np.ones(3), ".2f")


def several_as_one():
    torch.ones(3).item()


def several_as_float():
    float(np.ones(3))


def if_of_many():
    bool(torch.ones(3) > 0)


def if_of_many_values():
    bool(np.ones(3) > 0)


def another_device():
    torch.ones(3) + torch.ones(3, device="meta")


def another_dtype():
    torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)


def another_dtype_in_a_layer():
    torch.nn.Conv2d(1, 1, 1)(torch.ones(1, 1, 2, 2, dtype=torch.float64))


def no_gradient_yet():
    torch.ones(3, requires_grad=True).grad.abs()


def a_shape_of_another_input():
    torch.ones(2, 3, 4).view(3, 3, 4)


def a_global_that_is_not_there():
    exec("torch_dtype = dtype", {})


def download():
    urllib.request.urlopen("http://no-such-host.invalid/", timeout=5)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (no_graph, "requires_grad_()"),
        (in_place_on_a_leaf, "torch.no_grad()"),
        (in_place_on_a_view_of_a_leaf, "torch.no_grad()"),
        (edited_before_backward, "changed in place before"),
        (fixed_ones, "fixed number"),
        (no_scalar, "take the sum"),
        (twice, "compute the score anew"),
        (another_tensor, "does not depend on the tensor"),
        (numpy_of_a_tracked_one, ".detach().numpy()"),
        (formatted, ".item()"),
        (formatted_array, ".item()"),
        (several_as_one, "there are several"),
        (several_as_float, "there are several"),
        (if_of_many, "`.any()`"),
        (if_of_many_values, "`.any()`"),
        (another_device, "device=x.device"),
        (another_dtype, "dtype=x.dtype"),
        (another_dtype_in_a_layer, "dtype=x.dtype"),
        (no_gradient_yet, "until `backward()` has run"),
        (a_shape_of_another_input, "Read them all from the given tensor's shape"),
        (a_global_that_is_not_there, "`dtype`"),
        (download, "no network"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_really_raised_gets_our_sentence(mistake, words):
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever it is: the words are what is looked at)
        mistake()
    assert words in in_plain_words(f"{type(caught.value).__name__}: {caught.value}"), str(caught.value)


@pytest.mark.parametrize("message", ["", "ValueError: expected three channels", "KeyError: 'conv1'"])
def test_nothing_is_added_where_nothing_is_known(message):
    assert in_plain_words(message) == ""
