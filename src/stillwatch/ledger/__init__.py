"""The ledger of what was decided about accounts, by whom and why: rows are added, never changed and never removed.

`opened` gives a `Ledger`. It knows decisions and what became of them, appeals, keys, judgements, notes, and who looked
at which account. It holds no prompt text and no value that accounts share.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import EFFECTS as EFFECTS
from stillwatch.ledger.records import ROLES as ROLES
from stillwatch.ledger.records import SCOPES as SCOPES
from stillwatch.ledger.records import Appeal as Appeal
from stillwatch.ledger.records import AppealEvent as AppealEvent
from stillwatch.ledger.records import Attribution as Attribution
from stillwatch.ledger.records import Claim as Claim
from stillwatch.ledger.records import Decision as Decision
from stillwatch.ledger.records import DecisionEvent as DecisionEvent
from stillwatch.ledger.records import Entry as Entry
from stillwatch.ledger.records import Judged as Judged
from stillwatch.ledger.records import Judgement as Judgement
from stillwatch.ledger.records import Key as Key
from stillwatch.ledger.records import Note as Note
from stillwatch.ledger.records import Session as Session
from stillwatch.ledger.records import View as View

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

FILE = "ledger.db"
"""The name of the ledger's file in a state folder."""


@contextmanager
def opened(where: Path | str, create: bool = True) -> Iterator[Ledger]:
    """Yields the ledger of a state folder, or of a database named by a `postgresql://` URL; a ledger serves threads.

    Without `create` the ledger must exist. Its tables are brought up to this version. Raises UsageError where `where`
    cannot hold a ledger or a package is missing, InputError where the ledger cannot be read (damaged, or of a newer
    version), OutputError where it cannot be written.
    """
    try:
        from stillwatch.ledger.ledger import connected  # here, because `scan` must start without it
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[respond]'`"
        raise UsageError([Mistake("the ledger", f"needs the package `{error.name}`", remedy)]) from error
    with connected(where, create) as found:
        yield found
