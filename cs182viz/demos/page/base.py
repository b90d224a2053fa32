"""What all demonstrations have in common: a title, a line that says what goes on, Stop, and the picture they keep.

A demonstration derives from `Demo`, fills `body` with its own widgets and starts work with `run`. Pictures are
`ipywidgets.Image`s whose ``value`` is set from the worker's thread, with `encoded` bytes.
"""

import base64
import copy
import functools
import io
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import ipywidgets as widgets
import numpy as np
from PIL import Image
from torch import nn

from cs182viz.assets import cache_dir
from cs182viz.demos.page.keys import Keys
from cs182viz.demos.page.worker import Worker, sentence

STYLE = f"<style>{Path(__file__).with_name('demos.css').read_text(encoding='utf-8')}</style>"

MADE_ROOM = "Resting, since another demonstration was started: press Go on."
REST = 20  # times 20 ms without a new request, after which a hand is at rest

Network = TypeVar("Network", bound=nn.Module)
_LIVING: "weakref.WeakSet[Demo]" = weakref.WeakSet()


class Demo:
    """A live demonstration: the last line of a cell shows it.

    Parameters
    ----------
    title : its name, large, above everything else.
    hint : one sentence that says what to do and what to look for.
    keep : file (PNG) in which the last settled picture is kept, so that it is there when the notebook is opened again.
        A bare name such as "deepvis.png" is kept in the user's own cache, a path with a folder where it says.

    Attributes
    ----------
    widget : everything that is seen, an ipywidgets VBox.
    body : the part of it (a VBox, empty at first) that belongs to the deriving class.
    worker : the one thread that computes.
    """

    makes_room = False
    """Whether it rests as soon as another demonstration is made. What computes for minutes would otherwise share one
    core with all that follow, in a notebook that runs from top to bottom."""

    def __init__(self, title: str, hint: str = "", *, keep: str | Path | None = None) -> None:
        for other in list(_LIVING):
            if type(other) is type(self):  # its cell was run again: what ran there would only slow this one down
                other.worker.stop()
            elif other.makes_room:
                other.rest()
        self.keep = None if keep is None else place_of(keep)
        self.worker: Worker = Worker()
        self.body = widgets.VBox()
        self._kept: bytes | None = None
        self._complained = False  # since the last job has begun
        self._resting = False
        self._status = widgets.HTML()
        self._progress = widgets.FloatProgress(min=0, max=1, layout={"width": "260px", "display": "none"})
        self._stop = widgets.Button(description="Stop", icon="stop", disabled=True, layout={"width": "110px"})
        self._stop.on_click(lambda _: self.stop())
        self._status.add_class("status")
        self._status.layout.flex = "1 1 auto"
        footer = widgets.HBox([self._stop, self._progress, self._status])
        footer.add_class("footer")
        heading = f"<h2>{escape(title)}</h2>" + (f"<p>{escape(hint)}</p>" if hint else "")
        self.widget = widgets.VBox([widgets.HTML(STYLE + heading), self.body, footer, Keys()])
        self.widget.add_class("cs182viz-demo")
        _LIVING.add(self)

    def run(
        self,
        job: Callable[[], Any],
        *,
        on_frame: Callable[[Any], object] = lambda frame: None,
        on_done: Callable[[Any], object] = lambda result: None,
        doing: str = "Computing ...",
        done: str = "",
        total: int | None = None,
    ) -> None:
        """Start a job (see `Worker`) in the place of what runs; returns at once.

        When the job ends, or is stopped, what `snapshot` gives then becomes the kept picture.

        Parameters
        ----------
        doing, done : what the status line says during the job and after it.
        total : number of frames to come, for the progress bar; without it there is none.
        """
        count, self._resting = 0, False

        def started_job() -> Any:
            self.show_running(doing)
            return job()

        def frame_came(frame: Any) -> None:
            nonlocal count
            count += 1
            if total:
                self.show_progress(count / total)
            on_frame(frame)

        def finished(result: Any) -> None:
            on_done(result)
            self._settle(done)

        self.worker.submit(
            started_job,
            on_frame=frame_came,
            on_done=finished,
            on_stop=lambda: self._settle(MADE_ROOM if self._resting else "Stopped."),
            on_error=self.show_error,
        )

    def follow(self, job: Callable[[], Any], on_done: Callable[[Any], object]) -> None:
        """Run a short function for a hand that moves: no word in the status line, and the picture is kept at rest."""

        def moves() -> Iterator[None]:
            self._complained = False
            on_done(job())
            for _ in range(REST):  # whoever moves on ends this here
                yield
                time.sleep(0.02)

        self.worker.submit(moves, on_done=lambda _: self._settle(""), on_error=self.show_error)

    def stop(self) -> None:
        """End what runs at its next frame; its last picture stays."""
        self._resting = False
        self.worker.stop()

    def rest(self) -> None:
        """End what runs after its next frame, to leave the processor to another demonstration."""
        self._resting = True
        self.worker.rest()

    def show_running(self, doing: str) -> None:
        """Offer Stop and say what goes on; `run` does so by itself."""
        self._stop.disabled, self._complained = False, False
        self._progress.layout.display = "none"
        self.say(doing)

    def show_progress(self, share: float) -> None:
        """Fill the progress bar to a share in 0..1; it goes away when the job ends."""
        self._progress.value = share
        self._progress.layout.display = "flex"

    def say(self, text: str) -> None:
        """Write one sentence into the status line."""
        self._status.value = f"<span>{escape(text)}</span>"

    def show_error(self, error: str | Exception) -> None:
        """Write into the status line, in red, what went wrong: a sentence, or an exception to make one of."""
        self._show_idle()
        self._complain(error)

    def guarded(self, handler: Callable[..., Any]) -> Callable[..., None]:
        """Wrap a handler of the page's events, so that an exception in it becomes a sentence on the page."""

        @functools.wraps(handler)
        def handle(*args: Any, **kwargs: Any) -> None:
            try:
                handler(*args, **kwargs)
            except Exception as error:
                self.worker.error = error
                if self.worker.idle.is_set():
                    self.show_error(error)
                else:  # what runs goes on, and can still be stopped
                    self._complain(error)

        return handle

    def snapshot(self) -> Image.Image | None:
        """What the page shows now as one picture, or None if there is nothing to keep; deriving classes draw it."""
        return None

    def close(self) -> None:
        """Stop, and take the widgets away."""
        self.worker.close()
        _LIVING.discard(self)
        for widget in _descendants(self.widget):
            widget.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = dict(self.widget._repr_mimebundle_(**kwargs) or {})
        bundle["text/plain"] = f"{type(self).__name__}: a live demonstration; run this cell in JupyterLab to see it."
        kept = self._kept
        if kept is None and self.keep is not None and self.keep.is_file():
            kept = self.keep.read_bytes()
        if kept is not None:
            bundle["image/png"] = base64.b64encode(kept).decode()
        return bundle

    def _complain(self, error: str | Exception) -> None:
        self._complained = True
        text = error if isinstance(error, str) else sentence(error)
        self._status.value = f'<span class="error">{escape(text)}</span>'

    def _show_idle(self) -> None:
        self._stop.disabled = True
        self._progress.layout.display = "none"

    def _settle(self, text: str) -> None:
        self._show_idle()
        if text or not self._complained:  # what went wrong meanwhile is not wiped away by nothing
            self.say(text)
        picture = self.snapshot()
        if picture is None:
            return
        self._kept = encoded(picture)
        if self.keep is None:
            return
        try:
            write_atomically(self.keep, self._kept)
        except OSError as error:
            self.say(f"{text} (Not kept in {self.keep}: {error.strerror or error}.)".strip())


def encoded(picture: Image.Image | np.ndarray, *, side: int | None = None, crisp: bool = False) -> bytes:
    """PNG bytes for `ipywidgets.Image.value` of a PIL image or of uint8 (H, W, 3) or (H, W).

    With `side` it is enlarged or shrunk so that its longer side has that many pixels, with `crisp` in square pixels.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if side is not None:
        scale = side / max(image.size)
        width, height = (max(1, round(length * scale)) for length in image.size)
        image = image.resize((width, height), Image.Resampling.NEAREST if crisp else Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)  # as fast as JPEG, and exact
    return buffer.getvalue()


def place_of(keep: str | Path) -> Path:
    """Where a picture is kept: a bare name in the user's own cache, so that no notebook's folder changes by itself."""
    path = Path(keep)
    return path if path.parent != Path() else cache_dir() / "pictures" / path.name


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def private_copy(model: Network) -> Network:
    """The same network with modules of its own, sharing the weights.

    Whoever looks into a network hooks its modules for a moment. With a copy, a cell that runs meanwhile in the
    kernel's thread, or another demonstration, does not run into these hooks.
    """
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


def _descendants(widget: widgets.Widget) -> list[widgets.Widget]:
    """A widget and all below it, those below first."""
    return [*(found for child in getattr(widget, "children", ()) for found in _descendants(child)), widget]
