"""What the tests of several techniques share."""

import pytest

from cs182viz.zoo import tiny_network


@pytest.fixture
def tiny():
    return tiny_network(seed=3)
