"""An agent that plays Breakout on the map of its states, and one that learns it live (lecture section 1)."""

from cs182viz.demos.agent.demo import Agent

__all__ = ["Agent"]
