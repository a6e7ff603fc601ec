"""What rollouter and trainer hold of the queue, with Ray and without."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any

FIRST_PAUSE = 0.02
"""Seconds until a full queue is asked again."""
LONGEST_PAUSE = 0.25


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
