"""The adversary: it searches for the cheapest way in which each campaign profile can hide."""

from stillwatch_lab.adversary.evasions import load_playbook
from stillwatch_lab.adversary.search import AdversaryResult, try_evasions
from stillwatch_lab.adversary.terminal import render
from stillwatch_lab.adversary.world import Conditions
from stillwatch_lab.worlds.campaigns.profiles import PROFILES

__all__ = ["PROFILES", "AdversaryResult", "Conditions", "load_playbook", "render", "try_evasions"]
