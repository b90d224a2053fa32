"""Cells in a real JupyterLab and in Voila: typing, choosing by keyboard, files, too much, a reload."""

import re

PASTE = """text => {
    const data = new DataTransfer();
    data.setData('text/plain', text.repeat(100000));
    const area = document.querySelector('textarea.code');
    area.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def errors_of(page):
    """Sentences of ours that went wrong in the page, as they come."""
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def editor(page):
    return page.get_by_label("Code that the network reads")


def coloured(page, *, text=""):
    return page.locator(".coloured pre", has_text=text)


def backgrounds(page):
    return page.locator(".coloured span").evaluate_all("all => all.map(one => one.style.background)")


def test_typing_choosing_and_what_is_refused(notebook, snap, kept):
    page = notebook("demos/cells.ipynb")
    errors = errors_of(page)
    coloured(page).wait_for()
    kept(page, "cells.png")
    editor(page).fill("")
    editor(page).press_sequentially('int dx; /* "no" */\ndd', delay=5)  # d twice deletes a cell, were it the notebook's
    coloured(page, text="dd").wait_for()
    assert coloured(page).inner_text() == 'int dx; /* "no" */\ndd'
    before = backgrounds(page)
    cell = page.get_by_label("Cell that follows")
    cell.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_text("follows column in the line").wait_for()
    assert backgrounds(page) != before
    page.get_by_label("Number of the cell").fill("3")
    page.keyboard.press("Enter")
    page.get_by_text("Cell 3:").wait_for()
    editor(page).press("Home")
    page.locator(".guesses", has_text="Expected at the caret").wait_for()
    snap(page, "cells")

    shown = coloured(page).inner_text()
    upload = page.get_by_label("A file of code")
    upload.set_input_files({"name": "photo.c", "mimeType": "text/x-c", "buffer": b"\xff\xd8\xff"})
    page.locator(".status .error", has_text="photo.c is not UTF-8").wait_for()
    upload.set_input_files({"name": "empty.c", "mimeType": "text/x-c", "buffer": b""})
    page.locator(".status .error", has_text="empty.c is empty").wait_for()
    upload.set_input_files({"name": "large.c", "mimeType": "text/x-c", "buffer": b"x" * 10**6})
    page.locator(".status .error", has_text="large.c has 1,000,000").wait_for()
    page.evaluate(PASTE, "x" * 1000)  # 100 MB
    page.locator(".status .error", has_text="what was pasted has 100,000,000 characters").wait_for()
    assert coloured(page).inner_text() == shown
    upload.set_input_files({"name": "good.c", "mimeType": "text/x-c", "buffer": b"int good;\n"})
    coloured(page, text="good").wait_for()
    assert editor(page).input_value() == "int good;\n"
    assert errors == []


def test_it_opens_as_a_page_again_and_again(voila_page, errors, snap):
    for _ in range(2):
        page = voila_page("cells.ipynb")
        coloured(page).wait_for()
        page.wait_for_function("() => document.querySelector('textarea.code')?.value.includes('audit_match')")
        assert re.search(r"AUC|correlation", page.locator(".cs182viz-demo").inner_text())
        editor(page).fill("/* once more")
        coloured(page, text="more").wait_for()
        snap(page, "cells_voila")
        assert errors == []
