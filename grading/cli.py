"""The command `cs182-grade`."""

from __future__ import annotations

from collections.abc import Callable

import typer

from grading.commands.authoring import check, import_, new
from grading.commands.autograde import autograde, regrade
from grading.commands.collecting import collect
from grading.commands.course import doctor, init, release
from grading.commands.demo import demo
from grading.commands.export import export
from grading.commands.gradescope import gradescope
from grading.commands.reporting import feedback, report

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Release the assignments of the course, grade what comes back, and report. "
    "CS182_SOLUTIONS, CS182_ASSIGNMENTS and CS182_COURSE name other folders than this clone's, "
    "CS182_DATABASE another gradebook, CS182_EXCHANGE nbgrader's exchange.",
)

EXAMPLES: dict[Callable[..., None], str] = {
    init: "CS182_COURSE=~/cs182-fall cs182-grade init",
    new: "cs182-grade new k_means --plain 2 --written",
    import_: "cs182-grade import ~/old-course/source",
    check: "cs182-grade check saliency --to check.html",
    release: "cs182-grade release saliency tsne",
    collect: "cs182-grade collect saliency submissions.zip --roster gradebook-from-canvas.csv",
    autograde: "cs182-grade autograde saliency --jobs 8",
    regrade: "cs182-grade regrade saliency --student ada --student bob",
    report: "cs182-grade report saliency --to report.html",
    feedback: "cs182-grade feedback saliency --nbgrader",
    export: "cs182-grade export saliency --canvas gradebook-from-canvas.csv --to import-this.csv",
    gradescope: "cs182-grade gradescope saliency --visibility after_published",
    doctor: "cs182-grade doctor",
    demo: "cs182-grade demo saliency --course /tmp/demo",
}
for function, example in EXAMPLES.items():
    name = function.__name__.strip("_")  # `import` is a word of Python's own
    app.command(name, epilog=f"Example: {example}")(function)


if __name__ == "__main__":
    app()
