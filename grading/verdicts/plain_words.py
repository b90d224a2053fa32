"""What torch, NumPy and Python mean: for errors that a beginner cannot read, a sentence of ours beside theirs.

A sentence says what the code most likely did and what to do instead. Where no pattern fits, nothing is added.
"""

from __future__ import annotations

import re

_SENTENCES = (
    (
        r"does not require grad and does not have a grad_fn",
        "What you differentiate does not depend on a tensor that asks for a gradient: call `requires_grad_()` on "
        "the picture, or on a copy of it, before you compute the score, and compute the score outside of "
        "`torch.no_grad()` and without `.detach()` or `.item()`.",
    ),
    (
        r"leaf Variable that requires grad.*in-place operation",
        "You change a tensor in place that asks for a gradient: do it within `torch.no_grad()`, or change a copy.",
    ),
    (
        r"modified by an inplace operation",
        "Something that the gradient still needs was changed in place before `backward()`: write `x = x + ...` "
        "instead of `x += ...` there, or change a copy.",
    ),
    (
        r"Mismatch in shape: grad_output",
        "The gradient that you hand to `backward()` or `autograd.grad` has another shape than what it belongs to:"
        " a size is written as a fixed number somewhere. Sum up to one number and call `backward()` without an "
        "argument, or use `torch.ones_like(...)`.",
    ),
    (
        r"grad can be implicitly created only for scalar outputs",
        "`backward()` starts from one number, and this tensor has several: take the sum of the scores first.",
    ),
    (
        r"backward through the graph a second time",
        "The graph is gone after the first `backward()`: compute the score anew in every step.",
    ),
    (
        r"differentiated Tensors? .*appears to not have been used in the graph",
        "The result does not depend on the tensor that you differentiate by: the score was computed from another "
        "one, such as a copy.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "A tensor that asks for a gradient becomes an array by `.detach().numpy()`.",
    ),
    (
        r"unsupported format string passed to \S*__format__",
        "You print a tensor or an array with a format for numbers, such as `:.3f`: take the number first, by "
        "`.item()`.",
    ),
    (
        r"(only one element tensors can be converted|only (size-1|length-1|0-dimensional) arrays|"
        r"cannot be converted to Scalar|only integer tensors of a single element)",
        "One number was expected here and there are several: choose one, or take their sum or mean.",
    ),
    (
        r"(Boolean value of Tensor with more than one value|truth value of an array)",
        "A comparison of tensors gives many answers, and `if` needs one: use `.any()` or `.all()`.",
    ),
    (
        r"(Expected all tensors to be on the same device|found at least two devices|is not on the expected device|"
        r"is on \S+ but expected|"
        r"Torch not compiled with CUDA|No CUDA GPUs are available|Found no NVIDIA driver)",
        "The code asks for a device that is not this one: make new tensors where the given ones are, by "
        "`torch.zeros_like(x)` or `device=x.device`, and leave out `.cuda()`.",
    ),
    (
        r"(expected (m1 and m2 to have the same dtype|scalar type)|must have the same dtype|"
        r"Found dtype \w+ but expected|Input type .* and (weight|bias) type|expected input.* to have the same dtype)",
        "Two kinds of numbers meet, float32 and float64 perhaps: make new tensors of the given ones' kind, by "
        "`torch.zeros_like(x)` or `dtype=x.dtype`.",
    ),
    (
        r"'NoneType' object has no attribute '(abs|data|norm|clone|zero_|shape|detach|max|view|reshape)'",
        "Something is None here. `x.grad` is None until `backward()` has run, and stays so where x is no leaf "
        "that asks for a gradient.",
    ),
    (
        r"shape '\[.*\]' is invalid for input of size",
        "The shape that you ask for holds another number of values than there are: one of its sizes belongs to "
        "another input. Read them all from the given tensor's shape.",
    ),
    (
        r"name '(\w+)' is not defined",
        "Nothing in this notebook defines `{0}` before it is used here: define it in the cell, or use what the "
        "function is given.",
    ),
    (
        r"(urlopen error|Temporary failure in name resolution|Name or service not known|Network is unreachable|"
        r"Failed to establish a new connection|Max retries exceeded)",
        "There is no network while answers are graded: use what the notebook has loaded.",
    ),
)


def in_plain_words(message: str) -> str:
    """Return a sentence on what an error means and what to do, or "" where none of ours fits."""
    for pattern, sentence in _SENTENCES:
        if found := re.search(pattern, message):
            return sentence.format(*found.groups())
    return ""
