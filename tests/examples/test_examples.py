"""The courses in examples/: are they whole, do their tests tell right from wrong, and do other libraries agree?"""

import html
import re
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from nbformat import NotebookNode
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression
from typer.testing import CliRunner

from cs182viz import layers
from cs182viz.images import load_images
from cs182viz.zoo import load_model
from grading.author.mirror import look
from grading.author.mutants import equivalents, mutants
from grading.cli import app
from grading.config import CLONE, Course
from grading.examine.explain.crossing import obstacles
from grading.masters import beside, notebook
from grading.masters.assignment import Assignment
from grading.masters.solutions import load, right_versions
from grading.masters.trial import trial

ROOT = CLONE / "examples"
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
COURSES = {
    path.name: Course(path / "solutions", path / "none", path / "none") for path in ROOT.iterdir() if path.is_dir()
}
NAMES = [(course, name) for course in sorted(COURSES) for name in COURSES[course].names()]


@pytest.fixture(scope="module", params=NAMES, ids=lambda pair: pair[1])
def assignment(request, tmp_path_factory):
    course, name = request.param
    folder = tmp_path_factory.mktemp(name)
    return Assignment(Course(COURSES[course].solutions, folder / "assignments", folder / "work"), name)


def tried(assignment, version):
    """The tests of a version's function that it passes, and those that it loses."""
    own = [test for test, function in assignment.functions.items() if function == version.function]
    files = assignment.bundle.files
    outcomes = trial(assignment.master, {version.function: version.source}, only=own, seed=len(own), files=files)
    passed = {test for test in own if outcomes[test].passed}
    return passed, set(own) - passed


def test_they_are_all_there():
    assert [name for _, name in NAMES] == ["attribution", "k_means", "linear_regression", "two_layer_net"]


def test_the_master_and_every_right_version_keep_their_points_and_each_mistake_loses_one(assignment):
    outcomes = trial(assignment.master, files=assignment.bundle.files)
    assert {test: outcome.error for test, outcome in outcomes.items() if not outcome.passed} == {}
    versions = right_versions(assignment.course, assignment.name)
    assert {version.function for version in versions} == set(assignment.answers)
    assert [version.name for version in versions if tried(assignment, version)[1]] == []
    assert {entry.function for entry in assignment.misconceptions} == set(assignment.answers)
    assert [entry.name for entry in assignment.misconceptions if not tried(assignment, entry)[1]] == []


def test_nothing_stands_in_the_way_to_a_sandbox(assignment):
    assert obstacles(assignment.bundle) == []


def test_the_table_counts_the_mutants_and_what_is_named_as_equivalent_exists(assignment):
    made = [mutant for function, source in assignment.answers.items() for mutant in mutants(function, source)]
    named = equivalents(assignment.path)
    assert all(any(entry.fits(mutant) for mutant in made) for entry in named)
    row = re.search(rf"^\| `{assignment.name}` \| (\d+) \| (\d+) \| (\d+) of (\d+) \|", PAGE, flags=re.MULTILINE)
    every, equivalent, noticed, others = map(int, row.groups())
    assert (every, equivalent) == (len(made), sum(any(entry.fits(mutant) for entry in named) for mutant in made))
    assert others == every - equivalent
    assert noticed >= 0.97 * others


def test_every_cell_runs_from_top_to_bottom(assignment):
    """With the solutions filled in: all are there afterwards, and something was drawn."""
    shown = []
    namespace = {"display": shown.append}
    plt.close("all")
    with beside.at_hand(assignment.bundle.files):
        for cell in assignment.master.cells:
            if cell.cell_type == "code" and not notebook.is_test(cell):
                exec(compile(cell.source, cell.id, "exec"), namespace)
    assert set(assignment.answers) <= set(namespace)
    drawn = [*shown, *map(plt.figure, plt.get_fignums())]
    plt.close("all")
    assert any(ax.has_data() for figure in drawn for ax in figure.axes)


def test_the_mirror_finds_nothing_to_put_right_in_the_class():
    course = COURSES["numpy_course"]
    mirror = look(Assignment(course, "two_layer_net"), jobs=1)
    assert (mirror.faults, mirror.survivors) == ([], [])


def test_a_submission_goes_through_the_commands(tmp_path):
    """Ada writes the class in another way; Bob forgets the ReLU on the way back, and is told so."""
    shutil.copytree(ROOT / "numpy_course", tmp_path / "course")
    solutions, work = tmp_path / "course" / "solutions", tmp_path / "course" / "work"
    (solutions / "grading.toml").write_text('level = "unsafe"\n')
    variables = {"CS182_SOLUTIONS": str(solutions), "CS182_ASSIGNMENTS": None, "CS182_COURSE": str(work)}

    def run(*arguments):
        done = CliRunner().invoke(app, [*arguments], env=variables)
        assert done.exit_code == 0, done.output
        return done.output

    run("release", "two_layer_net")
    course = Course(solutions, solutions.parent / "assignments", work)
    assert (course.assignments / "two_layer_net" / "spirals.py").exists()
    assignment = Assignment(course, "two_layer_net")
    right = {version.function: version.source for version in right_versions(course, "two_layer_net")}
    wrong = next(entry for entry in assignment.misconceptions if entry.name == "relu_not_passed")
    for student, answers in {"ada": right, "bob": right | {wrong.function: wrong.source}}.items():
        written: NotebookNode = notebook.with_answers(assignment.released, answers)
        notebook.write(written, assignment.submitted(student))
    run("autograde", "two_layer_net", "--jobs", "1")
    run("feedback", "two_layer_net")
    run("export", "--to", str(tmp_path / "grades.csv"))
    lines = (tmp_path / "grades.csv").read_text().splitlines()
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert {row["student_id"]: float(row["score"]) for row in rows if row["assignment"] == "two_layer_net"} == {
        "ada": 100.0,
        "bob": 80.0,
    }
    page = (assignment.step("feedback", "bob") / "feedback.html").read_text()
    assert wrong.hint in html.unescape(page)


class TestOtherLibrariesAgree:
    def test_the_lines_with_scikit_learn(self):
        own = load("linear_regression", course=COURSES["numpy_course"])
        reference = LinearRegression().fit(own.X, own.y)
        for w, b in (own.least_squares(own.X, own.y), own.gradient_descent(own.X, own.y, 0.3, 300)):
            np.testing.assert_allclose(w, reference.coef_, rtol=1e-6)
            np.testing.assert_allclose(b, reference.intercept_, rtol=1e-6)

    def test_the_clusters_with_scikit_learn(self):
        own = load("k_means", course=COURSES["numpy_course"])
        centers, labels, rounds = own.k_means(own.points, own.start)
        reference = KMeans(3, init=own.start, n_init=1, algorithm="lloyd", tol=0).fit(own.points)
        np.testing.assert_allclose(centers, reference.cluster_centers_, rtol=1e-6)
        np.testing.assert_array_equal(labels, reference.labels_)
        assert 2 < rounds < 100

    def test_the_network_with_autograd(self):
        own = load("two_layer_net", course=COURSES["numpy_course"])
        generator = torch.Generator().manual_seed(3)
        shapes = {"W1": (4, 7), "b1": (7,), "W2": (7, 3), "b2": (3,)}
        weights = {
            name: torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
            for name, shape in shapes.items()
        }
        X = torch.randn(9, 4, generator=generator, dtype=torch.float64)
        y = torch.randint(0, 3, (9,), generator=generator)
        scores = (X @ weights["W1"] + weights["b1"]).relu() @ weights["W2"] + weights["b2"]
        loss = torch.nn.functional.cross_entropy(scores, y)
        loss.backward()
        net = own.TwoLayerNet(**{name: value.detach().numpy() for name, value in weights.items()})
        found = net.forward(X.numpy())
        np.testing.assert_allclose(own.cross_entropy(found, y.numpy()), loss.item(), rtol=1e-10)
        gradients = net.backward(own.cross_entropy_gradient(found, y.numpy()))
        for name, value in weights.items():
            np.testing.assert_allclose(gradients[name], value.grad.numpy(), rtol=1e-8, atol=1e-12)

    def test_attribution_on_squeezenet_with_captum(self):
        own = load("attribution", course=COURSES["attribution"])
        # in float64: where two pixels of a pool are nearly equal, another order of additions takes the other one
        model, (picture,) = load_model("squeezenet").double(), load_images(["panda"])
        X = model.preprocess([picture]).double()
        baseline = torch.full_like(X, -0.3)
        found = own.integrated_gradients(X, picture.label, model, baseline, 5)
        reference = IntegratedGradients(model).attribute(
            X, baselines=baseline, target=picture.label, n_steps=5, method="riemann_middle"
        )
        assert torch.allclose(found, reference, atol=1e-5 * float(reference.abs().max()))
        cam = own.grad_cam(X, picture.label, model, "fire9")
        layer = layers.resolve(model, "fire9")
        reference = LayerGradCam(model, layer).attribute(X, target=picture.label, relu_attributions=True)
        assert torch.allclose(cam, reference[0, 0].detach(), atol=1e-5 * float(cam.max()))
        assert cam.max() > 0
