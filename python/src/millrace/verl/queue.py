"""The queue itself: what the actor is made of."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from dataclasses import dataclass
from typing import Any

from millrace.batch import Group
from millrace.transport import MillraceError
from millrace.verl.run import Run, Source


@dataclass(frozen=True)
class _Entry:
    sample: Any
    group: Group | None = None
    """Of Millrace's, None of a sample that was put."""


class MessageQueue:
    """What the actor is made of. Its coroutines run on one event loop, and none but those that get a sample wait: an
    actor has so many calls at once at most, and putters that wait in it would leave no place for who takes from it.

    With a source it leases steps of the run and has their groups as samples, one a group. What a trainer took counts as
    trained when it asks for the first sample of its next step, as verl's trainer does once it has trained; then it is
    acknowledged. What was not comes again, to the actor that is made next.

    :param config: verl's; not looked at
    """

    def __init__(self, config: Any, max_queue_size: int = 1000, source: Source | None = None) -> None:
        if max_queue_size is None:
            raise ValueError(f"max_queue_size cannot be None, got: {max_queue_size}")
        self.config = config
        self.max_queue_size = int(max_queue_size)
        if self.max_queue_size < 1:
            raise ValueError(f"max_queue_size must be at least 1, was {max_queue_size}")
        self.queue: deque[_Entry] = deque()
        self.val_queue: deque[Any] = deque()
        self.running = True
        self.total_produced = 0
        self.total_consumed = 0
        self._changed = asyncio.Condition()
        self._run = None if source is None else Run(source)
        self._feeding: asyncio.Task[None] | None = None

    async def offer(self, sample: Any) -> bool | None:
        """Takes a sample; False when it is full, None when it is shut down."""
        async with self._changed:
            if not self.running:
                return None
            if len(self.queue) >= self.max_queue_size:
                return False
            self._append(_Entry(sample))
            return True

    async def put_sample(self, sample: Any) -> bool:
        """Likewise, for verl's own client: it does not wait, and False is a sample that was not taken."""
        return bool(await self.offer(sample))

    def _append(self, entry: _Entry) -> None:
        self.queue.append(entry)
        self.total_produced += 1
        self._changed.notify_all()

    async def get_sample(self) -> tuple[Any, int] | None:
        """The oldest sample and how many there are besides, once there is one; None after a shutdown."""
        self._feed()
        if self._run is not None:
            await asyncio.to_thread(self._run.asked)
        async with self._changed:
            while not self.queue and self.running:
                self._require_run()
                await self._changed.wait()
            if not self.queue:
                return None
            entry = self.queue.popleft()
            self.total_consumed += 1
            self._changed.notify_all()
            if self._run is not None:
                self._run.taken(entry.group)
            return entry.sample, len(self.queue)

    def _require_run(self) -> None:
        if self._feeding is not None and self._feeding.done() and self.running:
            failure = self._feeding.exception()
            raise MillraceError(f"no more groups: {failure}") from failure

    def _feed(self) -> None:
        if self._run is not None and self._feeding is None:
            self._feeding = asyncio.create_task(self._feed_all(self._run))

    async def _feed_all(self, run: Run) -> None:
        try:
            while self.running:
                for group, sample in await asyncio.to_thread(run.lease):
                    async with self._changed:
                        await self._changed.wait_for(lambda: len(self.queue) < self.max_queue_size or not self.running)
                        if self.running:
                            self._append(_Entry(sample, group))
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def get_queue_size(self) -> int:
        return len(self.queue)

    async def get_statistics(self) -> dict[str, Any]:
        return {
            "queue_size": len(self.queue),
            "total_produced": self.total_produced,
            "total_consumed": self.total_consumed,
            "dropped_samples": 0,
            "max_queue_size": self.max_queue_size,
        }

    async def clear_queue(self) -> None:
        """Forgets what was put. Groups of the run stay: they are leased, and would be missed."""
        async with self._changed:
            self.queue = deque(entry for entry in self.queue if entry.group is not None)
            self._changed.notify_all()

    async def shutdown(self) -> None:
        """What is in it can still be taken, then who takes gets None. Nothing is acknowledged that was not trained."""
        async with self._changed:
            self.running = False
            self._changed.notify_all()
        if self._run is not None:
            self._run.stop()

    async def get_memory_usage(self) -> dict[str, Any]:
        """Of the samples, as if all had the size of the oldest."""
        count = len(self.queue)
        size = size_of(self.queue[0].sample) * count if count else 0
        return {"queue_samples": count, "estimated_memory_bytes": size, "estimated_memory_mb": size / (1024 * 1024)}

    async def put_validate(self, data: Any) -> None:
        self.val_queue.append(data)

    async def get_validate(self) -> Any | None:
        return self.val_queue.popleft() if self.val_queue else None

    async def updating(self) -> None:
        """The engines get new weights now."""
        if self._run is not None:
            await asyncio.to_thread(self._run.client.updating)

    async def updated(self, weight_version: int) -> None:
        """All engines serve them; what is trained is acknowledged with it."""
        if self._run is not None:
            await asyncio.to_thread(self._run.updated, weight_version)


def size_of(sample: Any) -> int:
    return len(sample) if isinstance(sample, bytes | bytearray) else sys.getsizeof(sample)
