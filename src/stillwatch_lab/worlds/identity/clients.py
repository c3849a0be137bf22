"""Clients: the programs that people use a model with, and the headers and instructions that each of them sends."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stillwatch.errors import InputError, reason_of
from stillwatch_lab.worlds.draws import Wholes

CODING_TOOL = 0
"""Index of the popular coding tool: a large share of all accounts with the same headers and instructions."""

_TOOL_INSTRUCTIONS = (
    "You are Tinker, a coding assistant that works in the user's repository. Read before you edit, keep changes "
    "small, run the tests after every change, and never touch files outside the working folder. Answer briefly; show "
    "diffs, not whole files. When a task needs several steps, write the plan first and tick the steps off."
)
_NOTEBOOK_INSTRUCTIONS = (
    "You help people inside a notebook. Return one cell of runnable Python unless asked for an explanation."
)
_CHAT_INSTRUCTIONS = "You are a helpful assistant. Answer in the language of the question."
_EDITOR_TOOLS = ("read_file", "edit_file", "search", "run_command", "list_folder")


@dataclass(frozen=True, slots=True)
class Client:
    """A client: its user agent with `{}` for the version, its versions from old to new, and its fixed settings.

    `weight` is its share among people who do not use the coding tool. Its users choose one of `temperatures`, mostly
    None. `builds` are the names of its header sets, of which each user has one.
    """

    agent: str
    versions: tuple[str, ...]
    channel: str
    weight: float
    instructions: str = ""
    tools: tuple[str, ...] = ()
    temperatures: tuple[float | None, ...] = (None,)
    max_tokens: tuple[int | None, ...] = (None,)
    keeps_session: bool = False
    builds: tuple[str, ...] = ("linux", "macos", "windows")


_WARM: tuple[float | None, ...] = (None, None, None, 0.0, 0.2, 0.7, 0.7, 1.0)
_LIMITS: tuple[int | None, ...] = (1024, 2048, 4096, 4096, 8192, None)

CLIENTS: tuple[Client, ...] = (
    Client(
        "tinker-cli/{} (external, cli)",
        ("2.1.4", "2.1.9", "2.2.0", "2.2.3"),
        "api",
        0.0,
        _TOOL_INSTRUCTIONS,
        _EDITOR_TOOLS,
        (1.0,),
        (8192, 16384, 32000),
        True,
    ),
    Client(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36",
        ("145.0.0.0", "146.0.0.0", "147.0.0.0", "148.0.0.0"),
        "app",
        30.0,
        keeps_session=True,
    ),
    Client(
        "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
        ("25_6", "26_1", "26_3", "26_4"),
        "app",
        16.0,
        keeps_session=True,
    ),
    Client(
        "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 Chrome/148.0.0.0 Mobile Safari/537.36",
        ("13", "14", "15", "16"),
        "app",
        14.0,
        keeps_session=True,
    ),
    Client(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/{} Safari/605.1.15",
        ("18.6", "26.0", "26.2", "26.4"),
        "app",
        10.0,
        keeps_session=True,
    ),
    Client(
        "python-httpx/{}", ("0.25.2", "0.27.0", "0.27.2", "0.28.1"), "api", 6.0, temperatures=_WARM, max_tokens=_LIMITS
    ),
    Client(
        "OpenAI/Python {}", ("1.35.3", "1.61.0", "1.99.1", "2.8.0"), "api", 7.0, temperatures=_WARM, max_tokens=_LIMITS
    ),
    Client(
        "AsyncOpenAI/Python {}",
        ("1.35.3", "1.61.0", "1.99.1", "2.8.0"),
        "api",
        4.0,
        temperatures=_WARM,
        max_tokens=_LIMITS,
    ),
    Client(
        "AsyncAnthropic/Python {}",
        ("0.34.2", "0.49.0", "0.64.0", "0.75.0"),
        "api",
        4.0,
        temperatures=_WARM,
        max_tokens=_LIMITS,
    ),
    Client("OpenAI/JS {}", ("4.52.7", "4.86.1", "5.12.0", "6.9.1"), "api", 3.5, temperatures=_WARM, max_tokens=_LIMITS),
    Client("node-fetch/{}", ("2.6.7", "2.7.0", "3.3.1", "3.3.2"), "api", 1.5, temperatures=_WARM, max_tokens=_LIMITS),
    Client("axios/{}", ("1.6.8", "1.7.9", "1.8.4", "1.11.0"), "api", 1.2, temperatures=_WARM, max_tokens=_LIMITS),
    Client(
        "python-requests/{}",
        ("2.31.0", "2.32.3", "2.32.4", "2.32.5"),
        "api",
        1.6,
        temperatures=_WARM,
        max_tokens=_LIMITS,
    ),
    Client("curl/{}", ("7.88.1", "8.5.0", "8.11.0", "8.16.0"), "api", 0.5, temperatures=_WARM, max_tokens=_LIMITS),
    Client("Go-http-client/{}", ("1.1", "2.0", "2.0", "2.0"), "api", 0.8, temperatures=_WARM, max_tokens=_LIMITS),
    Client(
        "Quire-Notebook/{}",
        ("4.0", "4.1", "4.2", "4.3"),
        "api",
        2.5,
        _NOTEBOOK_INSTRUCTIONS,
        ("run_cell",),
        (0.2,),
        (4096,),
        True,
    ),
    Client(
        "Palaver/{} (desktop)",
        ("0.9.2", "0.9.8", "1.0.1", "1.1.0"),
        "api",
        3.0,
        _CHAT_INSTRUCTIONS,
        (),
        (0.7, 0.8, 1.0),
        (None, 2048),
        True,
    ),
    Client(
        "aws-sdk-bedrock/{} md/python",
        ("1.34", "1.37", "1.40", "1.42"),
        "bedrock",
        1.6,
        temperatures=_WARM,
        max_tokens=_LIMITS,
    ),
    Client(
        "google-genai-sdk/{} gl-python",
        ("0.8", "1.2", "1.24", "1.50"),
        "vertex",
        1.1,
        temperatures=_WARM,
        max_tokens=_LIMITS,
    ),
)

INTERACTIVE = np.array([CODING_TOOL, 1, 2, 3, 4, 15, 16], dtype=np.int64)
SCRIPTED = np.array([5, 6, 7, 8, 9, 10, 11, 12, 14, 17, 18], dtype=np.int64)


def agents_of(client: Client) -> list[str]:
    """The user agents of one client, oldest version first."""
    return [client.agent.format(version) for version in client.versions]


def observed(path: Path) -> tuple[Client, ...]:
    """The clients with versions and header sets as seen in real calls, for every library that `path` has seen.

    `path` is a CSV of header sets: columns `user_agent`, `stainless_os`, `stainless_arch`, `header_names`, `n`.
    Raises InputError when it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row["user_agent"]]
        return tuple(_as_seen(client, rows) for client in CLIENTS)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"`{path}` is no table of client headers ({reason_of(error)})") from error


def _as_seen(client: Client, rows: list[dict[str, str]]) -> Client:
    pattern = re.compile(re.escape(client.agent).replace(r"\{\}", r"(\d+(?:\.\d+)*)"))
    seen = [(found[1], row) for row in rows if (found := pattern.match(row["user_agent"]))]
    versions = sorted({version for version, _ in seen}, key=lambda text: [int(part) for part in text.split(".")])
    if len(versions) < 2:  # with one version no user can be behind
        return client
    builds = sorted({" ".join((row["stainless_os"], row["stainless_arch"], row["header_names"])) for _, row in seen})
    return replace(client, versions=tuple(versions), builds=tuple(builds))


def people_weights(tool_share: float) -> list[float]:
    """Weights of the clients when this share of people use the coding tool."""
    others = sum(client.weight for client in CLIENTS)
    return [tool_share if i == CODING_TOOL else (1 - tool_share) * c.weight / others for i, c in enumerate(CLIENTS)]


def is_scripted(clients: Wholes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True for the client numbers that are libraries rather than applications, (clients,)."""
    return np.isin(clients, SCRIPTED)
