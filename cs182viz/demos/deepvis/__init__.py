"""DeepVis: what each unit of a network answers to, as in the toolbox of Yosinski et al. 2015 (lecture section 4)."""

from cs182viz.demos.deepvis.demo import DeepVis

__all__ = ["DeepVis"]
