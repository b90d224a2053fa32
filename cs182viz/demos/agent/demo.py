"""An agent that plays Breakout, on the map of its states, and the same network learning from nothing.

Lecture, section 1: Zahavy, Zrihem, Mannor 2016 (arXiv:1602.02658), where a point of the map is a state of the game, and
ConvNetJS's "deep Q learning" (Karpathy 2014), where a network learns in the page.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from cs182viz.demos.agent.game import RECIPE, SIZE, Frame, Game, Lesson, lessons, search, words
from cs182viz.demos.agent.places import QUESTIONS, VALUE, MapView, Places
from cs182viz.demos.learning import Chart, Curves, Shown
from cs182viz.demos.page.base import Demo, encoded
from cs182viz.demos.page.controls import again, controls, parts
from cs182viz.demos.page.sketch import BLUE, write
from cs182viz.techniques.policy import Atlas, QNetwork, State, breakout, draw_state, load_agent, load_atlas

TRAINED, LEARNING = "the trained agent", "one that learns now"
STYLE = f"<style>{Path(__file__).with_name('agent.css').read_text(encoding='utf-8')}</style>"
CELL = 12  # pixels of a cell of the game's picture; the page shows it larger, in square pixels
_WIDE: dict[str, Any] = {"style": {"description_width": "initial"}}


class Agent(Demo):
    """Watch an agent play; jump to any state of its map, or to a policy bug; or watch a network learn the game.

    Parameters
    ----------
    network : who plays; by default the agent in the package.
    atlas : states that it saw and their map, see `techniques.policy.load_atlas`.
    keep : PNG in which the last settled picture is kept, "agent.png" for one in the user's cache.
    """

    makes_room = True

    def __init__(
        self, network: QNetwork | None = None, atlas: Atlas | None = None, *, keep: str | Path | None = None
    ) -> None:
        hint = "Click a point of the map and the game goes on from that state. The red point is where the game is now."
        super().__init__("An agent plays Breakout", hint, keep=keep)
        self.network = load_agent() if network is None else network
        self.places = Places(self.network, load_atlas() if atlas is None else atlas)
        self._bugs: list[np.ndarray] = []
        self._game = Game(self.network)
        self.learner: State | None = None  # made when it is asked for: a page that only plays opens sooner
        self._build()
        self._show(self._game.look(), jumped=True)
        self.run(
            lambda: search(self.network, self.places.hidden),
            on_done=self._found,
            doing="Playing 30 games to find policy bugs ...",
        )

    def jump(self, state: Any) -> None:
        """Let the trained agent go on from a state of the game, (65,); what is none is refused with a sentence."""
        state = np.asarray(state)
        known = breakout.check(state[None] if state.ndim == 1 else state)[0]
        if breakout.lost(known[None])[0] or breakout.won(known[None])[0]:
            raise ValueError("this game is over: choose a state in which the ball flies and a brick stands")
        self._game = Game(self.network, known)
        self.player.value = TRAINED
        self._watch(jumped=True)

    def restart(self) -> None:
        """A new game; or a new network, which has learned nothing."""
        if self.player.value == TRAINED:
            self._game = Game(self.network, seed=time.time_ns() % 2**32)
            self._watch(jumped=True)
        else:
            self._learn(self._beginner())

    def resume(self) -> None:
        """Go on from where it was stopped."""
        if self.player.value == TRAINED:
            self._watch(jumped=False)
        else:
            self._learn(self.learner or self._beginner())

    def snapshot(self) -> Image.Image | None:
        """The game beside the map, or beside the curve of the one that learns."""
        watched = self.player.value == TRAINED
        right = self._map_picture() if watched else self._chart.picture(self.curves)
        left = Image.fromarray(draw_state(self._frame.state, 2 * CELL))
        canvas = Image.new("RGB", (left.width + right.width + 60, max(left.height, right.height) + 70), "white")
        write(canvas, (20, 18), self._sentence(self._frame), size=22)
        canvas.paste(left, (20, 60))
        canvas.paste(right, (left.width + 40, 60))
        return canvas

    def _build(self) -> None:
        self.player = widgets.Dropdown(
            options=[TRAINED, LEARNING], description="Player", layout={"width": "300px"}, **_WIDE
        )
        self.pace = widgets.IntSlider(
            15,
            1,
            40,
            description="Frames a second",
            layout={"width": "330px"},
            continuous_update=False,
            **_WIDE,
        )
        self._picture = Shown("The game", width=288, height=336)
        self._picture.add_class("agent-game")
        self._numbers = widgets.HTML()
        self._chart = Chart("mean points of 100 games", ["return"], [BLUE], across="frames", size=(620, 360))
        self._beside = widgets.VBox([self._chart])
        self._with_map = parts(self._map_column(), self._bug_column())
        game = widgets.VBox([self._picture, self._numbers], layout={"width": "292px"})
        scene = parts(game, self._with_map, self._beside)
        self._beside.layout.display = "none"
        buttons = again(self.guarded(self.restart), self.guarded(self.resume))
        self.body.children = [widgets.HTML(STYLE), controls(self.player, self.pace, *buttons), scene]
        self.player.observe(self.guarded(lambda _: self._turn()), names="value")

    def _map_column(self) -> widgets.VBox:
        self.map = MapView()
        self.map.listen(self.guarded(self._clicked))
        self.question = widgets.Dropdown(
            options=list(QUESTIONS), value=VALUE, description="Colour", layout={"width": "340px"}, **_WIDE
        )
        self.question.observe(self.guarded(lambda change: self.map.paint(self.places, change["new"])), names="value")
        self.map.paint(self.places, VALUE)
        return widgets.VBox([self.question, self.map])

    def _bug_column(self) -> widgets.VBox:
        self.bugs = widgets.Select(options=[], description="Bug", layout={"width": "314px", "height": "170px"}, **_WIDE)
        self.bugs.observe(self.guarded(self._choose_bug), names="index")
        count = len(self.places.points)
        self.number = widgets.BoundedIntText(
            0, 0, count - 1, description="State of the map", layout={"width": "250px"}, **_WIDE
        )
        self.number.observe(self.guarded(self._choose_state), names="value")
        self.text = widgets.Text(
            description="In numbers",
            placeholder="65 of them",
            continuous_update=False,
            layout={"width": "310px"},
            **_WIDE,
        )
        self.text.observe(self.guarded(self._read_state), names="value")
        self._quiet = False
        column = widgets.VBox(
            [
                widgets.HTML("<h3>Policy bugs that it has</h3>"),
                self.bugs,
                widgets.HTML("<h3>Go to a state</h3>"),
                self.number,
                self.text,
                widgets.HTML("<p>Paddle, ball's row and column, its direction down and across, 60 bricks.</p>"),
            ]
        )
        column.add_class("agent-bugs")
        return column

    def _found(self, result: tuple[list[Any], list[np.ndarray]]) -> None:
        bugs, self._bugs = result
        self._quiet = True
        self.bugs.options = [words(bug) for bug in bugs] or ["none in 30 games"]
        self.bugs.index = None
        self._quiet = False
        if self.player.value == TRAINED:
            self._watch(jumped=False)

    def _choose_bug(self, change: dict[str, Any]) -> None:
        if not self._quiet and change["new"] is not None and self._bugs:
            self.jump(self._bugs[change["new"]])
            self.say("This is the middle of its longest stay: see where the ball goes round.")

    def _choose_state(self, change: dict[str, Any]) -> None:
        self.jump(self.places.atlas.states[change["new"]])

    def _clicked(self, content: dict[str, Any], _: Sequence[memoryview]) -> None:
        if content.get("kind") != "point":
            return
        state = int(content["state"])
        if self.number.value == state:
            self.jump(self.places.atlas.states[state])
        self.number.value = state

    def _read_state(self, change: dict[str, Any]) -> None:
        if self._quiet or not change["new"].strip():
            return
        words = change["new"].replace(",", " ").split()
        try:
            state = [int(word) for word in words]
        except ValueError:
            raise ValueError("a state of Breakout is 65 whole numbers with spaces or commas between them") from None
        self.jump(state)

    def _turn(self) -> None:
        """Another player: the map is of the trained agent only."""
        watched = self.player.value == TRAINED
        self._with_map.layout.display = "flex" if watched else "none"
        self._beside.layout.display = "none" if watched else "flex"
        self.resume()

    def _watch(self, *, jumped: bool) -> None:
        game = self._game
        self._jumped = jumped
        self.run(
            lambda: self._moments(game), on_frame=lambda frame: self._show_moment(game, frame), doing="Playing ..."
        )

    def _moments(self, game: Game) -> Iterator[Frame]:
        while True:
            begun = time.perf_counter()
            frame = game.look()
            yield frame
            game.move(frame)
            time.sleep(max(0.0, 1 / self.pace.value - (time.perf_counter() - begun)))

    def _show_moment(self, game: Game, frame: Frame) -> None:
        if game is self._game:  # a jump may have come meanwhile
            self._show(frame, jumped=self._jumped or frame.count == 0)
            self._jumped = False

    def _show(self, frame: Frame, *, jumped: bool) -> None:
        self._draw(frame)
        self.map.move(self.places.nearest(frame.hidden), jumped=jumped)

    def _draw(self, frame: Frame) -> None:
        self._frame = frame
        self._picture.show(encoded(draw_state(frame.state, CELL)))
        self._numbers.value = "<br>".join(self._sentence(frame).split("; "))

    def _sentence(self, frame: Frame) -> str:
        action = breakout.ACTIONS[int(frame.worth.argmax())]
        return (
            f"{frame.score} points, {breakout.bricks_left(frame.state[None])[0]} bricks left; "
            f"expects {frame.worth.max():.1f}; presses {action}"
        )

    def _beginner(self) -> State:
        """A new network that has learned nothing, and an empty curve for it."""
        self.learner = State(RECIPE, **SIZE)
        self._lesson_game = Game(self.learner.network)
        self.curves = Curves(1)
        self._chart.show(self.curves)
        return self.learner

    def _learn(self, learner: State) -> None:
        game = self._lesson_game
        self.run(
            lambda: lessons(learner, game),
            on_frame=lambda lesson: self._show_lesson(learner, lesson),
            doing="Learning from nothing: at first it presses whatever comes ...",
        )

    def _show_lesson(self, learner: State, lesson: Lesson) -> None:
        if learner is not self.learner:
            return
        self._draw(lesson.frame)
        self.curves.add(lesson.step * learner.recipe.games, lesson.mean)
        self._chart.show(self.curves)
        seen = f"{lesson.step * learner.recipe.games:,} frames seen"
        self.say(f"{seen}; while it learns, {learner.randomness:.0%} of its moves are random")

    def _map_picture(self) -> Image.Image:
        side = 480
        canvas = np.full((side, side, 3), 255, np.uint8)
        columns, rows = ((side / 2 + (side / 2 - 12) * self.places.points * [1, -1]).astype(int)).T
        colours = self.places.colours(self.question.value)
        for down in range(2):
            for right in range(2):
                canvas[rows + down, columns + right] = colours
        here = self.places.nearest(self._frame.hidden)
        for size, colour in ((8, (0, 0, 0)), (6, (214, 39, 40))):
            canvas[rows[here] - size : rows[here] + size, columns[here] - size : columns[here] + size] = colour
        return Image.fromarray(canvas)
