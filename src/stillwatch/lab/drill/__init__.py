"""The adversary drill: how cheaply each rung of campaigns can hide."""

from stillwatch.lab.drill.drill import Drill, drill
from stillwatch.lab.drill.evasions import RUNGS, load_drillbook
from stillwatch.lab.drill.terminal import render
from stillwatch.lab.drill.world import Ground

__all__ = ["RUNGS", "Drill", "Ground", "drill", "load_drillbook", "render"]
