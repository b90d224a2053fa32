import numpy as np
import pytest
import torch

from grading.author.sentences import leaked, mute_asserts, numbers, says_nothing

SECRET = numbers([torch.tensor([0.123456, -17.25]), {"a": np.array([[3.0]])}, 2, True, None, "7.77"])


def test_the_numbers_of_results_are_found_in_whatever_holds_them():
    assert sorted(SECRET) == pytest.approx([-17.25, 0.123456, 2.0, 3.0])


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The map is wrong: expected 0.1235, got 0.5.", ("0.1235",)),
        ("It should be -17.25 there.", ("-17.25",)),
        ("It is 1.235e-1.", ("1.235e-1",)),
        ("It should be 0.1236 there.", ()),  # another number
        ("The shape is (3, 17), and 2 of 3 are right.", ()),  # sizes
        ("Off by 0.12 times the largest entry.", ()),  # two digits tell nothing
    ],
)
def test_a_number_is_given_away_if_it_is_the_masters_to_the_digits_shown(sentence, shown):
    assert leaked(sentence, SECRET) == shown


def test_a_sentence_needs_words():
    assert says_nothing("")
    assert says_nothing("wrong (3, 4)")
    assert not says_nothing("Twice 2 is 4 and nothing else.")


def test_asserts_without_a_message_are_found_by_line():
    assert mute_asserts("x = 1\nassert x, 'Say why.'\nif x:\n    assert x == 1") == [4]
