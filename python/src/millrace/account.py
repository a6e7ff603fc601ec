"""Which samples of leased steps a trainer was given, and which it has trained. Pure; used under its owner's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from millrace.batch import Batch, Group, Sample


@dataclass
class _Step:
    batch: Batch
    left: set[int]
    """Samples that are not trained yet, by their index."""


class Account:
    """Of trainers whose optimizer steps are not the run's steps, or that are given samples before they train them.

    A sample is handed out once, whatever becomes of the step that it came in: one whose step is leased anew may come
    again while its first copy waits in a buffer of the trainer's.

    :param trained: samples that a checkpoint has of steps that come again
    """

    def __init__(self, trained: Iterable[int] = ()) -> None:
        self._steps: deque[_Step] = deque()
        self._trained = set(trained)
        self._handed = set(self._trained)
        self._line: deque[int] = deque()
        """Handed out and not seen since, in that order."""

    @property
    def open(self) -> int:
        """Steps that are leased and not acknowledged."""
        return len(self._steps)

    def hand_out(self, batch: Batch) -> list[tuple[Group, int]]:
        """The next step is leased: what the trainer is given of it, each sample by its place in its group."""
        fresh = []
        for group in batch.groups:
            for place, sample in enumerate(group.samples):
                if sample.index not in self._handed:
                    self._handed.add(sample.index)
                    self._line.append(sample.index)
                    fresh.append((group, place))
        self._steps.append(_Step(batch, {one.index for one in batch.samples if one.index not in self._trained}))
        return fresh

    def taken(self, samples: Iterable[int]) -> list[int]:
        """The trainer is about to train these; answers those before them in the line that it has passed over."""
        wanted = set(samples)
        passed = []
        while wanted and self._line:
            first = self._line.popleft()
            if first in wanted:
                wanted.discard(first)
            else:
                passed.append(first)
        return passed

    def train(self, samples: Iterable[int]) -> None:
        for index in samples:
            self._trained.add(index)
            for step in self._steps:
                step.left.discard(index)

    def due(self) -> list[Batch]:
        """The oldest steps, as far as they are trained whole."""
        due = []
        for step in self._steps:
            if step.left:
                break
            due.append(step.batch)
        return due

    def acknowledged(self, batch: Batch) -> None:
        """The oldest step is."""
        self._steps.popleft()
        self._forget(batch.samples)

    def _forget(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self._trained.discard(sample.index)
            self._handed.discard(sample.index)

    def void(self) -> None:
        """All steps are to be leased anew. What was trained of them stays so, what was handed out is not again."""
        self._steps.clear()

    def saved(self) -> list[dict[str, Any]]:
        """What is trained of open steps, for a checkpoint."""
        saved = []
        for step in self._steps:
            done = sorted({sample.index for sample in step.batch.samples} - step.left)
            if done:
                entry = {"step": step.batch.step, "lease": step.batch.lease, "whole": not step.left, "trained": done}
                saved.append(entry)
        return saved
