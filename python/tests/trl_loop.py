"""A trainer that calls in the order of TRL 1.16's AsyncGRPOTrainer under transformers 5 and accelerate 1: micro-batches
collated one ahead, callbacks, weights sent, checkpoints. The weights are the samples that they were trained on.
"""

from __future__ import annotations

import json
import queue
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from millrace.trl import Rollouts, Weights


class KilledError(Exception):
    """As by kill -9: nothing is said to anyone."""


class Transfer:
    """What the stand-in engine takes for new weights."""

    def __init__(self, engine: str) -> None:
        self.engine = engine

    def _post(self, path: str) -> None:
        request = urllib.request.Request(self.engine + path, b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def init_weight_transfer(self) -> None:
        pass

    def pause(self) -> None:
        self._post("/pause_generation")

    def send_weights(self, iterator: Iterator[Any]) -> None:
        list(iterator)

    def resume(self) -> None:
        self._post("/continue_generation")

    def destroy(self) -> None:
        pass


class Row:
    """Of a micro-batch, as a rank of TRL gets it."""

    def __init__(self, samples: list[dict[str, Any]]) -> None:
        self.samples = samples


class Loader:
    """accelerate's, around a loader whose collator is replaced."""

    def __init__(self, buffer: Callable[[], Any], size: int) -> None:
        self.base_dataloader = SimpleNamespace(
            collate_fn=lambda examples: [s for rows in examples for s in rows[0].samples]
        )
        self.take, self.size = buffer, size

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        ahead = self._collated()
        while True:
            due, ahead = ahead, self._collated()
            yield due

    def _collated(self) -> list[dict[str, Any]]:
        samples = [vars(self.take()) for _ in range(self.size)]
        micro_batch: list[dict[str, Any]] = self.base_dataloader.collate_fn([[Row(samples)]])
        return micro_batch


class Trainer:
    """One process of it, from its start to its end.

    :param folder: of checkpoints, of which the newest is loaded
    :param die: where it is killed: "trained 3", "synced 3" or "saved 3" of optimizer step 3
    """

    def __init__(
        self, trainer: str, engine: str, folder: Path, *, steps: int, die: str | None = None, **more: Any
    ) -> None:
        self.steps, self.die = steps, die
        self.micro_batch, self.accumulation = more.get("micro_batch", 3), more.get("accumulation", 2)
        self.save_steps, self.sync_steps = more.get("save_steps", 2), more.get("sync_steps", 1)
        self.checkpoint = folder / "checkpoint.json"
        self.rollouts = Rollouts(trainer, patience=60.0)
        self.weights = Weights(self.rollouts, Transfer(engine), [engine])
        saved = json.loads(self.checkpoint.read_text()) if self.checkpoint.exists() else {}
        self.state = SimpleNamespace(
            is_world_process_zero=True,
            global_step=saved.get("global_step", 0),
            stateful_callbacks=saved.get("stateful_callbacks", {}),
        )
        self.trained: list[int] = saved.get("trained", [])
        self.groups: list[int] = saved.get("groups", [])
        self.version = 0
        self.args = SimpleNamespace(max_staleness=4, token_budget=0, weight_sync_steps=self.sync_steps)
        self.loader = Loader(self._take, self.micro_batch)
        self._tell("on_init_end")

    def _tell(self, event: str, **more: Any) -> None:
        getattr(self.rollouts, event)(self.args, self.state, SimpleNamespace(), **more)

    def _take(self) -> Any:
        while True:
            try:
                return self.rollouts.rollout_buffer.get(timeout=1.0)
            except queue.Empty:
                self.rollouts.check_health(60.0)

    def _sync(self) -> None:
        self.weights.pause()
        self.weights.send_weights(iter([]))
        self.weights.resume()
        self.version += 1
        self.rollouts.update_model_version(self.version)

    def _point(self, name: str) -> None:
        if f"{name} {self.state.global_step}" == self.die:
            raise KilledError

    def _step(self, micro_batches: list[list[dict[str, Any]]]) -> None:
        for number, micro_batch in enumerate(micro_batches, 1):
            self.trained += [sample["metrics"].index for sample in micro_batch]
            self.groups += [sample["group_id"] for sample in micro_batch]
            assert all(sample["model_version"] <= self.version for sample in micro_batch)
            if number < len(micro_batches):
                self._tell("on_substep_end")
        self.state.global_step += 1
        self._tell("on_step_end")
        self._point("trained")
        if self.state.global_step % self.sync_steps == 0:
            self._sync()
            self._point("synced")
        if self.state.global_step % self.save_steps == 0 or self.state.global_step == self.steps:
            saved = vars(self.state) | {"trained": self.trained, "groups": self.groups}
            beside = self.checkpoint.with_suffix(".new")
            beside.write_text(json.dumps(saved))
            beside.replace(self.checkpoint)
            self._point("saved")
            self._tell("on_save")

    def train(self) -> None:
        """:raises KilledError: where it was to be"""
        try:
            self._tell("on_train_begin", train_dataloader=self.loader)
            self._sync()
            self.rollouts.start()
            batches = iter(self.loader)
            while self.state.global_step < self.steps:
                self._step([next(batches) for _ in range(self.accumulation)])
        finally:
            # It ends its thread and says nothing to the run.
            self.rollouts.stop()
