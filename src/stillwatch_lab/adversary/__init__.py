"""The adversary drill: how cheaply each rung of campaigns can hide."""

from stillwatch_lab.adversary.drill import Drill, drill
from stillwatch_lab.adversary.evasions import RUNGS, load_drillbook
from stillwatch_lab.adversary.terminal import render
from stillwatch_lab.adversary.world import Ground

__all__ = ["RUNGS", "Drill", "Ground", "drill", "load_drillbook", "render"]
