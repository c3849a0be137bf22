"""Every kind of group that a recipe may name, and the sizes of its groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stillwatch_lab.worlds.campaigns import campaigns, disclosed, profiles
from stillwatch_lab.worlds.draft import Group, World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.innocents import crowds, jobs, organisations, several_accounts, users
from stillwatch_lab.worlds.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Kind:
    """The function that draws a kind of group, and its least and most accounts (0: the whole entry is one group)."""

    draw: Callable[[World, Wholes, Parameters], Group]
    least: int = 0
    most: int = 0


KINDS: dict[str, Kind] = {
    "letter": Kind(campaigns.letter),
    "mixed": Kind(campaigns.mixed),
    "loud": Kind(profiles.loud),
    "hydra": Kind(profiles.hydra),
    "sharded": Kind(profiles.sharded),
    "agentic": Kind(profiles.agentic),
    "grading": Kind(profiles.grading),
    "patient": Kind(profiles.patient),
    "harvest": Kind(profiles.harvest),
    "heavy": Kind(disclosed.heavy),
    "relay_redirect": Kind(disclosed.relay_redirect),
    "replay": Kind(disclosed.replay),
    "probing": Kind(disclosed.probing),
    "enterprise": Kind(organisations.enterprise, 20, 500),
    "reseller": Kind(organisations.reseller, 5, 80),
    "batch_job": Kind(jobs.batch_job, 5, 30),
    "data_maker": Kind(jobs.data_maker, 1, 8),
    "evaluation_harness": Kind(jobs.evaluation_harness, 2, 20),
    "ci_fleet": Kind(jobs.ci_fleet, 4, 40),
    "licensed_distillation": Kind(jobs.licensed_distillation, 5, 40),
    "red_team": Kind(jobs.red_team, 3, 15),
    "class": Kind(crowds.school_class, 30, 300),
    "hackathon": Kind(crowds.hackathon, 30, 200),
    "cgnat": Kind(crowds.cgnat, 300, 3000),
    "vpn": Kind(crowds.vpn, 200, 2000),
    "family": Kind(crowds.family, 2, 6),
    "shared_login": Kind(crowds.shared_login, 1, 40),
    "relay_software": Kind(crowds.relay_software, 50, 400),
    "enterprise_gateway": Kind(organisations.enterprise_gateway, 1, 4),
    "program_users": Kind(users.program_users, 40, 400),
    "wrapper_users": Kind(users.wrapper_users, 40, 400),
    "enthusiasts": Kind(users.enthusiasts, 30, 300),
    "launch_cohort": Kind(users.launch_cohort, 50, 600),
    "agent_user": Kind(several_accounts.agent_user, 1, 4),
    "own_router": Kind(several_accounts.own_router, 2, 6),
}
