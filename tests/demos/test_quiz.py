"""Does the ready-made quiz explain a wrong choice and offer another try, in a real JupyterLab and as a page?"""


def choose(page, text):
    page.locator(".kl-quiz label", has_text=text).click()
    page.locator(".kl-quiz button:not([disabled])", has_text="Check").click()


def test_wrong_choice_says_why_and_the_next_try_may_be_right(notebook, snap):
    page = notebook("demos/quiz.ipynb")
    quiz = page.locator(".kl-quiz")
    assert quiz.locator("button", has_text="Check").is_disabled()
    choose(page, "It is symmetric")
    quiz.get_by_text("A is wrong").wait_for()
    text = quiz.inner_text()
    assert "0.0872" in text  # the lecture's counter-example
    assert "0.0823" in text
    assert "Try again." in text
    snap(page, "quiz-wrong")
    choose(page, "triangle inequality: D")
    quiz.get_by_text("B is wrong").wait_for()
    assert "0.51" in quiz.inner_text()
    assert "0.24" in quiz.inner_text()
    choose(page, "It is zero if and only if")
    quiz.get_by_text("C is right").wait_for()
    assert "Try again" not in quiz.inner_text()
    snap(page, "quiz-right")


def test_it_opens_as_a_page(voila_page):
    page = voila_page("quiz.ipynb")
    choose(page, "All of these")
    page.get_by_text("D is wrong").wait_for()
