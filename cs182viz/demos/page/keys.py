"""Keys that are pressed in a page are no commands of the notebook."""

import anywidget


class Keys(anywidget.AnyWidget):
    """Takes no room. An arrow changes the choice of a focused list, and not which cell of JupyterLab is active."""

    _esm = """
    function keep(el, tries) {
      const demo = el.closest(".cs182viz-demo");
      const mark = (event) => { event.target.dataset.lmSuppressShortcuts = "true"; };
      if (demo) demo.addEventListener("focusin", mark);
      else if (tries) setTimeout(() => keep(el, tries - 1), 50);
    }
    export default {
      render({ el }) {
        el.style.display = "none";
        keep(el, 100);
      },
    };
    """
