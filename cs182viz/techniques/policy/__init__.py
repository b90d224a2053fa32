"""The strategy of an agent that learned Breakout, seen on a map of its states (lecture section 1)."""

from cs182viz.techniques.policy.bugs import Bug, find_bugs, grouping, transitions
from cs182viz.techniques.policy.drawing import draw_map, draw_state, film_strip, transition_graph
from cs182viz.techniques.policy.learn import Recipe, State, train
from cs182viz.techniques.policy.network import QNetwork
from cs182viz.techniques.policy.players import Record, looping_player, perfect_player, play, random_player
from cs182viz.techniques.policy.shipped import Atlas, load_agent, load_atlas, save_atlas

__all__ = [
    "Atlas",
    "Bug",
    "QNetwork",
    "Recipe",
    "Record",
    "State",
    "draw_map",
    "draw_state",
    "film_strip",
    "find_bugs",
    "grouping",
    "load_agent",
    "load_atlas",
    "looping_player",
    "perfect_player",
    "play",
    "random_player",
    "save_atlas",
    "train",
    "transition_graph",
    "transitions",
]
