"""What a checkpoint of TRL's has of the run."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from millrace.account import Account
from millrace.transport import MillraceError

log = logging.getLogger(__name__)

KEY = "millrace"
"""In ``trainer_state.json``, among its ``stateful_callbacks``."""
STATE = "trainer_state.json"
"""The file of a checkpoint that is written last."""


def saved(state: Any, run: str, due: int) -> dict[str, Any] | None:
    """What the checkpoint that was loaded says; None where none was.

    :param due: the run's next step
    :raises MillraceError: it is of no trainer of this run
    """
    entry: dict[str, Any] | None = state.stateful_callbacks.get(KEY)
    if entry is None:
        if state.global_step:
            raise MillraceError("the checkpoint is of a trainer without Millrace: there is no step to resume at")
    elif entry["run"] != run or int(entry["acknowledged"]) > due:
        raise MillraceError(
            f"the checkpoint is of run '{entry['run']}' at step {entry['acknowledged']}, the trainer consumer has run"
            f" '{run}' at step {due}"
        )
    return entry


def save(state: Any, run: str, account: Account, next_step: int, next_version: int) -> None:
    """Puts into the state what a checkpoint of now is to have.

    :param next_step: the one that is leased next
    :param next_version: what these weights are called when they are sent, now or by a trainer that starts from them
    """
    first = next_step - account.open
    state.stateful_callbacks[KEY] = {
        "run": run,
        "acknowledged": first,
        "step": first + len(account.due()),
        "open": account.saved(),
        "weight_version": next_version,
    }


def last_checkpoint(output_dir: str | Path) -> str | None:
    """The newest checkpoint that is whole, for ``resume_from_checkpoint``; None when there is none.

    One that its trainer was killed over has the highest number and no ``trainer_state.json``.
    """
    whole = dict[int, str]()
    for state in Path(output_dir).glob(f"checkpoint-*/{STATE}"):
        try:
            whole[int(json.loads(state.read_text())["global_step"])] = str(state.parent)
        except (OSError, ValueError, LookupError, TypeError):
            log.warning("Millrace: %s is cut off, its checkpoint is left out", state)
    return whole[max(whole)] if whole else None
