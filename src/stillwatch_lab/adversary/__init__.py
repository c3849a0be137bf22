"""The adversary: it searches for the cheapest way to hide, and plays attackers who frame others or hide behind them."""

from stillwatch_lab.adversary.evasions import load_playbook
from stillwatch_lab.adversary.framing_table import publish_trials, render_trials
from stillwatch_lab.adversary.search import AdversaryResult, try_evasions
from stillwatch_lab.adversary.terminal import render
from stillwatch_lab.adversary.trial import ATTACKS, try_attacks
from stillwatch_lab.adversary.world import Conditions
from stillwatch_lab.worlds.campaigns.profiles import PROFILES

__all__ = [
    "ATTACKS",
    "PROFILES",
    "AdversaryResult",
    "Conditions",
    "load_playbook",
    "publish_trials",
    "render",
    "render_trials",
    "try_attacks",
    "try_evasions",
]
