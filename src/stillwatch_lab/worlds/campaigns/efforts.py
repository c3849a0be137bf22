"""The data set, wording and sampling of campaigns; several groups of accounts may work for one campaign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import Campaign, World
from stillwatch_lab.worlds.draws import key_of
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.languages import languages
from stillwatch_lab.worlds.text.programs import Frame, Program, TaskSet

_TEMPERATURES = (None, 0.0, 0.2, 0.6, 0.7, 1.0)
_LIMITS = (None, 1024, 2048, 4096, 8192)
_TOOLS = (
    ("search", "open", "finish"),
    ("search", "open", "click", "run", "finish"),
    ("bash", "str_replace_editor", "submit"),
    ("browser_navigate", "browser_click", "browser_type", "screenshot"),
    ("query_database", "plot", "calculator"),
)
_GENERAL = "general_instruction"
_MOST_ASKED = 20_000  # rows of a data set of what people ask
_WITH_TOOLS = {"agentic_reasoning", "tool_use", "computer_use"}


def add_programs(world: World, parameters: Parameters, profile: str, copies: bool) -> tuple[int, ...]:
    """Adds the programs of this group's campaigns to the world and returns their indices into World.programs.

    Groups that name the same campaign work through one data set. `copies` says that the relay sends a popular tool's
    parameters and tools along with that tool's headers.
    """
    names = parameters.names("campaigns") or [""]
    return tuple(_one(world, parameters, name, profile, copies, len(names) > 1) for name in names)


def _one(world: World, parameters: Parameters, name: str, profile: str, copies: bool, among_others: bool) -> int:
    own = parameters.under(name, key_of(parameters.key, "effort", name)) if among_others else parameters
    known = [number for number, one in enumerate(world.campaigns) if name and one.name == name]
    if known:
        # The group goes on with the campaign's data set, which an operator may reword after accounts were closed.
        program = world.campaigns[known[0]].program
        if own.chance("reworded", 0.5):
            frames = _task_sets(world, own, world.campaigns[known[0]].targets, key_of(own.key, "reworded"))
            program = replace(
                program,
                task_sets=tuple(
                    replace(task_set, frames=new.frames)
                    for task_set, new in zip(program.task_sets, frames, strict=True)
                ),
            )
    else:
        targets = _targets(world, own)
        program = _program(world, own, targets, len(world.campaigns))
        world.campaigns.append(Campaign(profile, name, program.key, targets, program))
    world.programs.append(replace(program, sets_parameters=not copies))
    return len(world.programs) - 1


def _targets(world: World, parameters: Parameters) -> dict[str, float]:
    known = world.corpus.capabilities("distill")
    if _asks_as_people(parameters):
        return {_GENERAL: 1.0}
    names = parameters.words("capabilities", known, 1, 4)
    # Uniform on the simplex (Rubinstein 1982): some campaigns have nearly one capability only, some are balanced.
    weights = 0.05 - np.log(draws.uniform(keys_under(parameters.key, "target", len(names)), "weight"))
    return {name: float(weight / weights.sum()) for name, weight in zip(names, weights, strict=True)}


def _asks_as_people(parameters: Parameters) -> bool:
    """Whether the campaign's data set is of what people ask: its purpose shows in no word of a payload."""
    return "capabilities" not in parameters.given and parameters.sometimes("asks_as_people")


def _task_sets(world: World, parameters: Parameters, targets: dict[str, float], key: int) -> tuple[TaskSet, ...]:
    corpus = world.corpus
    variants = parameters.whole("template_variants", 5, 40)
    in_system = parameters.real("frames_in_system", 0.0, 0.7)
    spoken = parameters.words("languages", languages(), 1, 3)
    foreign = parameters.real("foreign_share", 0.0, 1.0) if parameters.chance("speaks_languages", 0.4) else 0.0
    voice = wording.Voice(spoken, foreign, in_system)
    if set(targets) == {_GENERAL} and _asks_as_people(parameters):
        frames = wording.campaign_frames(corpus, key, _GENERAL, variants, voice)
        asked = np.concatenate([corpus.prompt_numbers("organic"), corpus.prompt_numbers("bench")])
        bare = parameters.sometimes("bare_payload")
        rows = draws.shuffled(asked, parameters.key)[:_MOST_ASKED]
        return (TaskSet(rows, (Frame(),) if bare else frames),)
    return tuple(
        TaskSet(
            draws.shuffled(corpus.prompt_numbers("distill", name), parameters.key),
            wording.campaign_frames(corpus, key, name, max(1, round(variants * share)), voice),
            share,
        )
        for name, share in targets.items()
    )


def _program(world: World, parameters: Parameters, targets: dict[str, float], campaign: int) -> Program:
    key = key_of(parameters.key, "program")
    uses_tools = bool(_WITH_TOOLS & set(targets)) and parameters.chance("uses_tools", 0.8)
    verbatim = parameters.sometimes("verbatim")
    followups = wording.PERSON_FOLLOWUPS if _asks_as_people(parameters) else wording.FOLLOWUPS
    return Program(
        key=key,
        task_sets=_task_sets(world, parameters, targets, key),
        frame_of=parameters.word("frame_of", ("conversation", "account")),
        repeats=max(1, int(parameters.optional("asked_times", 1))),
        data_rows=int(parameters.optional("data_rows")),
        substitution=0.0 if verbatim else parameters.real("row_exchange", 0.05, 0.35),
        digits=not verbatim,
        examples=parameters.real("seed_examples", 0.0, 0.6),
        longest_payload=parameters.whole("longest_payload", 120, 900),
        followups=tuple(world.corpus.phrase(text) for text in followups),
        tools=_TOOLS[parameters.whole("tool_set", 0, len(_TOOLS) - 1)] if uses_tools else (),
        temperature=_TEMPERATURES[parameters.whole("temperature", 0, len(_TEMPERATURES) - 1)],
        top_p=0.95 if parameters.chance("sets_top_p", 0.15) else None,
        max_tokens=_LIMITS[parameters.whole("max_tokens", 0, len(_LIMITS) - 1)],
        output_median=parameters.scale("output_tokens", 250, 1500),
        campaign=campaign,
    )
