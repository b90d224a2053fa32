"""Is what a class has read from the master alone, and is everything there that a test may ask for?"""

import pytest

from grading.examine.instances import Local, class_proxy, members
from grading.masters.bundle import Bundle, Cell

BASE = """%matplotlib inline
class Ignored: pass"""
SETUP = """class Base:
    kind = "base"

    def reset(self):
        self.count = 0
"""
CLASS = """class Net(Base):
    rate: float = 0.5

    def __init__(self, size, *, start=0.0):
        self.size = size
        self.weights = [start] * size
        self.__secret = 1

    @property
    def total(self):
        return sum(self.weights)

    @staticmethod
    def twice(x):
        return 2 * x

    def _inner(self):
        other.attribute = 1

    def add(self, values):
        self.weights = [a + b for a, b in zip(self.weights, values)]
        return self

    def __len__(self):
        return self.size

    def __add__(self, other):
        return Net(self.size)
"""


def bundle(source=CLASS, name="Net"):
    return Bundle("small", (Cell("m", BASE), Cell("s", SETUP)), (Cell(name, source, (name,)),), ())


@pytest.fixture
def net():
    space = {}
    exec(SETUP + CLASS, space)
    calls = []
    return class_proxy("Net", members(bundle())["Net"], Local(space["Net"]), calls), calls


def test_methods_and_attributes_are_those_of_the_source_and_of_its_bases():
    has = members(bundle())["Net"]
    assert has.methods == ("twice", "_inner", "add", "__len__", "reset")
    assert has.attributes == ("rate", "size", "weights", "total", "kind", "count")


def test_a_module_can_be_called():
    has = members(bundle("class Net(nn.Module):\n    def forward(self, x):\n        return x"))["Net"]
    assert has.methods == ("forward", "__call__", "eval", "train", "zero_grad")


def test_functions_have_no_members():
    assert members(bundle("def f(x):\n    return x", "f")) == {}


def test_an_instance_behaves_as_the_class_says(net):
    Net, calls = net
    first, second = Net(2), Net(3, start=1.0)
    assert isinstance(first, Net)
    assert first.add([1.0, 2.0]).total == 3.0  # add returns the instance itself
    assert (len(second), second.total, second.twice(4), first.kind) == (3, 3.0, 8, "base")
    first.weights = [5.0]
    assert first.total == 5.0
    assert [call.what for call in calls][:3] == ["Net", "Net", "Net.add"]
    assert calls[0].instance != calls[1].instance


def test_what_the_master_does_not_have_is_not_there(net):
    Net, _ = net
    with pytest.raises(AttributeError, match="other"):
        _ = Net(2).other
    with pytest.raises(AttributeError, match=r"no attribute other in the master's class"):
        Net(2).other = 1
    with pytest.raises(AttributeError, match="asked of an instance alone"):
        Net.add([1.0])
    with pytest.raises(TypeError):
        _ = Net(2) + Net(2)  # the sum would be an instance, which cannot cross
