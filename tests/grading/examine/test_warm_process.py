"""Is there before a sandbox is forked what Python and PyTorch load at their first use, or does every answer load it?"""

import json

import pytest
from attacks.run import examine

from grading.config.settings import Settings
from grading.examine.shared_zygote import zygote
from grading.masters.assignment import Assignment

COUNTING = """def double(x):
    import sys

    import torch

    before = set(sys.modules)
    leaf = torch.ones(3, requires_grad=True)
    {use}
    loaded = set(sys.modules) - before
    assert not loaded, f"{{len(loaded)}} modules were loaded"
    return 2 * x"""


@pytest.mark.parametrize(
    "use",
    [
        "torch.optim.Adam([leaf])",
        "torch.func.grad(torch.sum)(leaf)",
        "torch.func.vmap(torch.sin)(leaf)",
        "leaf.square().sum().backward()",
        "torch.manual_seed(1)",
        "__import__('datetime').datetime.strptime('7', '%d')",
    ],
)
def test_an_answer_loads_nothing_more(course, use):
    bundle = Assignment(course, "toy").bundle
    socket = zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))
    item = examine(socket, bundle, {"double": COUNTING.format(use=use)}, {"double"})["test_double"]
    assert (item["earned"], item["reason"]) == (item["points"], "")
