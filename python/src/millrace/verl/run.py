"""The run whose groups the queue has."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from millrace.account import Account
from millrace.batch import Batch, Group
from millrace.client import Client, Lease
from millrace.transport import ConflictError, LeaseVoidError, ReplacedError
from millrace.verl.samples import plain_sample

log = logging.getLogger(__name__)

WAIT = 5.0
"""Seconds of one request for a step."""


@dataclass(frozen=True)
class Source:
    """The run whose groups verl's trainer is to train on."""

    url: str
    """The trainer consumer's."""
    required_samples: int
    """That verl collects for a step (``ppo_mini_batch_size`` x ``require_batches``): the run's ``--batch-groups``,
    or those of several of its steps."""
    encode: Callable[[Batch, Group], Any] | None = None
    """Makes verl's sample of a group; :func:`plain_sample` unless given."""
    resume_step: int | None = None
    """The run's step at which the checkpoint resumes that verl has loaded; None for the step that is due."""
    patience: float = 600.0
    """Seconds that a server which is away is waited for."""


class Run:
    """The run's side: leases ahead, acknowledges in order. Called by threads of the event loop's pool."""

    def __init__(self, source: Source) -> None:
        if source.required_samples < 1:
            raise ValueError(f"required_samples must be those of verl's step, was {source.required_samples}")
        self.client = Client(source.url, patience=source.patience)
        self.encode = source.encode or plain_sample
        self.required = source.required_samples
        if source.resume_step is not None:
            self.client.resume(source.resume_step)
        self._changed = threading.Condition(threading.RLock())
        self._account = Account()
        self._step = int(self.client.status()["next_step"])
        self._settled = 0
        self._taken: list[Group] = []
        """Since the trainer's last step began."""
        self._count = 0
        self._stopping = False

    def lease(self) -> list[tuple[Group, Any]]:
        """The groups of the next step, when it can be had and is full; else none, after a while."""
        with self._changed:
            step, settled = self._step, self._settled
        try:
            leased = self.client.lease(wait=WAIT, step=step)
            if not isinstance(leased, Lease):
                return []
            batch = self.client.fetch(leased)
        except ReplacedError:
            raise
        except LeaseVoidError:
            return []
        except ConflictError:
            with self._changed:
                if not self._account.open and self._settled == settled:
                    raise
                self._changed.wait_for(lambda: self._settled != settled or self._stopping, timeout=WAIT)
            return []
        with self._changed:
            if self._step != step:
                return []
            self._step = step + 1
            groups = {group.index: group for group, _ in self._account.hand_out(batch)}
            return [(group, self.encode(batch, group)) for group in groups.values()]

    def taken(self, group: Group | None) -> None:
        with self._changed:
            self._count += 1
            if group is not None:
                self._taken.append(group)

    def asked(self) -> None:
        """The trainer asks for a sample: those of its step before are trained when it has had all of a step."""
        with self._changed:
            if self._count >= self.required:
                self._trained()
                self._settle(None)

    def _trained(self) -> None:
        self._count = 0
        self._account.train(sample.index for group in self._taken for sample in group.samples)
        self._taken.clear()

    def updated(self, weight_version: int) -> None:
        with self._changed:
            if self._count >= self.required:
                self._trained()
            self._settle(weight_version)

    def _settle(self, weight_version: int | None) -> None:
        told = weight_version is None
        due = self._account.due()
        for batch in due:
            last = batch is due[-1]
            self._settled += 1
            try:
                self.client.ack(batch, weight_version=weight_version if last else None)
            except LeaseVoidError as e:
                log.warning("Millrace: step %d is leased anew: %s", batch.step, e)
                self._account.void()
                self._step = batch.step
                break
            told = told or last
            self._account.acknowledged(batch)
        if not told:
            self.client.ready(weight_version)
        self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
