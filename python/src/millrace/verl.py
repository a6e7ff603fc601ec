"""verl's queue between rollouter and trainer (0.9.1, fully-async policy): full means wait, and groups of a run come in.

    source = Source("http://127.0.0.1:9400", required_samples=64)
    actor = ray.remote(num_cpus=2, max_concurrency=20)(MessageQueue).remote(config, max_queue_size, source)
    client = MessageQueueClient(actor)

in the place of verl's own two. Without Ray, in one process: ``MessageQueueClient(Local(MessageQueue(config, 100)))``.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from millrace.account import Account
from millrace.batch import Batch, Group
from millrace.client import Client, Lease
from millrace.transport import ConflictError, LeaseVoidError, MillraceError, ReplacedError

log = logging.getLogger(__name__)

WAIT = 5.0
"""Seconds of one request for a step."""
FIRST_PAUSE = 0.02
"""Seconds until a full queue is asked again."""
LONGEST_PAUSE = 0.25


@dataclass(frozen=True)
class _Entry:
    sample: Any
    group: Group | None = None
    """Of Millrace's, None of a sample that was put."""


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
        self._run = None if source is None else _Run(source)
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

    async def _feed_all(self, run: _Run) -> None:
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


class _Run:
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


def plain_sample(batch: Batch, group: Group) -> bytes:
    """A group without verl's classes: a pickled dict, whose values are lists, one of each sample."""
    return pickle.dumps(
        {
            "uid": f"uid_{group.index}",
            "prompts": [list(sample.prompt) for sample in group.samples],
            "responses": [list(sample.response_tokens) for sample in group.samples],
            "response_mask": [list(sample.loss_mask) for sample in group.samples],
            "rollout_log_probs": [list(sample.log_probs) for sample in group.samples],
            "rewards": [sample.reward for sample in group.samples],
            "min_global_steps": [
                min((s.version for s in one.spans), default=batch.weight_version) for one in group.samples
            ],
            "max_global_steps": [
                max((s.version for s in one.spans), default=batch.weight_version) for one in group.samples
            ],
        }
    )


def size_of(sample: Any) -> int:
    return len(sample) if isinstance(sample, bytes | bytearray) else sys.getsizeof(sample)


class MessageQueueClient:
    """verl's client, method for method, of a :class:`MessageQueue`: ``put_sample`` waits while it is full.

    :param queue_actor: a handle of Ray's, or :class:`Local`
    """

    def __init__(self, queue_actor: Any) -> None:
        self.queue_actor = queue_actor

    async def _call(self, method: str, *arguments: Any) -> Any:
        return await asyncio.wrap_future(getattr(self.queue_actor, method).remote(*arguments).future())

    def _call_sync(self, method: str) -> Any:
        return getattr(self.queue_actor, method).remote().future().result()

    async def put_sample(self, sample: Any) -> bool:
        """True once it is in the queue, False when that is shut down: never at the cost of another."""
        pause = FIRST_PAUSE
        while True:
            taken = await self._call("offer", sample)
            if taken is not False:
                return bool(taken)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def put_validate(self, data: Any) -> bool:
        return await self._call("put_validate", data)  # type: ignore[no-any-return] # None, as verl's

    def get_validate_sync(self) -> Any | None:
        return self._call_sync("get_validate")

    async def get_sample(self) -> Any | None:
        return await self._call("get_sample")

    async def get_queue_size(self) -> int:
        return int(await self._call("get_queue_size"))

    async def get_statistics(self) -> dict[str, Any]:
        return dict(await self._call("get_statistics"))

    async def clear_queue(self) -> None:
        await self._call("clear_queue")

    async def shutdown(self) -> None:
        await self._call("shutdown")

    async def get_memory_usage(self) -> dict[str, Any]:
        return dict(await self._call("get_memory_usage"))

    def get_sample_sync(self) -> Any | None:
        return self._call_sync("get_sample")

    def get_statistics_sync(self) -> dict[str, Any]:
        return dict(self._call_sync("get_statistics"))

    def get_queue_size_sync(self) -> int:
        return int(self._call_sync("get_queue_size"))

    async def updating(self) -> None:
        """Not verl's: the run's engines get new weights now."""
        await self._call("updating")

    async def updated(self, weight_version: int) -> None:
        """Not verl's: all of the run's engines serve them."""
        await self._call("updated", weight_version)


class Local:
    """An actor without Ray: the object's coroutines on an event loop of its own, in this process."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="millrace-queue", daemon=True).start()

    def __getattr__(self, name: str) -> _LocalMethod:
        return _LocalMethod(getattr(self._target, name), self._loop)


class _LocalMethod:
    def __init__(self, method: Callable[..., Coroutine[Any, Any, Any]], loop: asyncio.AbstractEventLoop) -> None:
        self._method, self._loop = method, loop

    def remote(self, *arguments: Any) -> _LocalCall:
        return _LocalCall(asyncio.run_coroutine_threadsafe(self._method(*arguments), self._loop))


class _LocalCall:
    def __init__(self, future: concurrent.futures.Future[Any]) -> None:
        self._future = future

    def future(self) -> concurrent.futures.Future[Any]:
        return self._future
