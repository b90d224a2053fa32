"""The texts of a new assignment's cells and versions."""

INTRODUCTION = """# {title}

What is this about, and why should one want to know it? Two sentences. Then what the reader will have at the end.

You write {what}. The test is right below each answer and speaks in sentences."""

SETUP = """import matplotlib.pyplot as plt
import numpy as np

from cs182viz import checks"""

IDEA = r"""## 1. Scale to one

The idea first, then the formula in full: nobody should have to guess a factor or a sign. Here, numbers are divided by
the largest absolute value among them, so that none is larger than 1:

$$y_i = \frac{x_i}{\max_j |x_j|}$$

At least one of the numbers is not zero."""

SCALE = '''def scale_to_one(x):
    """Divide numbers by the largest absolute value among them.

    Parameters
    ----------
    x : array of any shape, not all zeros, left unchanged

    Returns
    -------
    array of the same shape, a new one, entries in -1..1

    Example: (1, -4, 2) gives (0.25, -1, 0.5).
    """
    ### BEGIN SOLUTION return x over its largest absolute value.
    return x / np.abs(x).max()
    ### END SOLUTION'''

CHECK = "The next cell compares your result with the docstring's example. Silence means that all is well."

SCALE_TEST = """checks.expect_close(
    scale_to_one(np.array([1.0, -4.0, 2.0])),
    [0.25, -1.0, 0.5],
    "scale_to_one of (1, -4, 2)",
    hint="Which number is farthest from zero, whatever its sign?",
    reveal=True,
)
### BEGIN HIDDEN TESTS
for shape in [(7,), (3, 5)]:
    x = 10 * np.random.standard_normal(shape)
    given = x.copy()
    scaled = scale_to_one(given)
    checks.expect_unchanged(x, given, "x")
    largest = sorted(abs(number) for number in x.flat)[-1]  # by sorting: written in another way than the answer
    expected = np.array([number / largest for number in x.flat]).reshape(shape)
    checks.expect_close(scaled, expected, f"scale_to_one of an array of shape {shape}")
### END HIDDEN TESTS"""

PICTURE = """x = np.linspace(0, 12, 200)
wave = 3 * np.exp(-x / 5) * np.sin(3 * x)
plt.figure(figsize=(8, 3.2))
plt.plot(x, wave, color="0.6", label="before")
plt.plot(x, scale_to_one(wave), label="after")
plt.title("The same wave: its largest swing is 1 now", fontsize=14)
plt.legend(fontsize=12)
plt.show()"""

READING = "What to see in the picture, in one sentence: nothing but the scale has changed."

SCALE_MISTAKE = '''
def scale_to_one__no_absolute_value(x):
    """You divide by the largest number: take the absolute values first, a negative one can be farther from zero."""
    return x / x.max()
'''

SCALE_RIGHT = """
def scale_to_one__by_the_norm(x):
    return x / np.linalg.norm(x.ravel(), ord=np.inf)
"""

QUESTION = """## <section>. Times <factor>

What is asked, in one or two sentences: here, each number times <factor>."""

PLAIN = '''def <function>(x):
    """Multiply numbers by <factor>.

    Parameters
    ----------
    x : array (n,), left unchanged

    Returns
    -------
    array (n,)

    Example: (1, 10) gives (<factor>, <factor>0).
    """
    ### BEGIN SOLUTION return each number times <factor>.
    return <factor> * x
    ### END SOLUTION'''

PLAIN_TEST = """checks.expect_close(
    <function>(np.array([1.0, 10.0])), [<factor>.0, <factor>0.0], "<function> of (1, 10)", reveal=True
)
### BEGIN HIDDEN TESTS
x = np.random.standard_normal(6)
checks.expect_close(<function>(x.copy()), sum([x] * <factor>), "<function> of six numbers")
### END HIDDEN TESTS"""

PLAIN_MISTAKE = '''
def <function>__untouched(x):
    """You return the numbers as they came: multiply each by <factor>."""
    return np.array(x)
'''

PLAIN_RIGHT = """
def <function>__by_adding(x):
    return np.sum([x] * <factor>, axis=0)
"""

WHY = """## <section>. Why?

Ask for a reason that the picture of section 1 makes visible, in three or four sentences. A person reads the answer."""

WRITTEN = """### BEGIN SOLUTION
A model answer, and what earns the points. Students get an empty cell in its place.
### END SOLUTION"""
