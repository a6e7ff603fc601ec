"""What was trained, in the form of Millrace's demo."""

import json
import os
import time
from pathlib import Path
from typing import Any

from millrace import Acknowledged, Batch
from transformers import TrainerCallback


class Report(TrainerCallback):
    """A line of the terminal and an entry of the file for each step.

    A trainer that starts again goes on with the file. A step that comes again since the checkpoint does not have it
    takes the place of its first time, and is to have the same groups.
    """

    def __init__(self, path: Path | None, steps: int) -> None:
        self.path = path
        self.batches: list[tuple[Batch, Acknowledged, int]] = []
        self.content: dict[str, Any] = {
            "started_at_ms": time.time_ns() // 1_000_000,
            "steps_wanted": steps,
            "failed_steps": 0,
            "duplicates_trained": 0,
            "starts": 0,
            "replayed": 0,
            "steps": [],
        }
        if path is not None and path.exists():
            self.content |= json.loads(path.read_text())
        self.content["starts"] += 1

    def acknowledged(self, batch: Batch, answer: Acknowledged) -> None:
        self.batches.append((batch, answer, time.time_ns() // 1_000_000))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:  # noqa: ARG002
        """TRL has the step's figures, in the step that followed on the acknowledgement."""
        for batch, answer, now_ms in self.batches:
            seconds = float(logs.get("perf/step_s") or 0.0)
            figures = {"wait_seconds": float(logs.get("perf/rollout_wait_s") or 0.0), "seconds": seconds}
            self._add(batch, now_ms, new_weight_version=answer.weight_version, **figures)
            reward = batch.reward_mean
            print(
                f"step {batch.step:4}  reward {reward:.3f} {'#' * round(reward * 40):40}  {seconds:.2f} s", flush=True
            )
        self.batches.clear()

    def _add(self, batch: Batch, now_ms: int, **figures: Any) -> None:
        groups = [group.index for group in batch.groups]
        steps = self.content["steps"]
        before = [step for step in steps if step["step"] == batch.step]
        steps[:] = [step for step in steps if step["step"] < batch.step]
        trained = {index for step in steps for index in step["group_indices"]}
        duplicates = [index for index in groups if index in trained]
        problems = [f"group {index} was trained before" for index in duplicates]
        problems += ["other groups than the first time" for step in before if step["group_indices"] != groups]
        versions = [span.version for sample in batch.samples for span in sample.spans]
        steps.append(
            {
                "lineage": batch.lineage,
                "step": batch.step,
                "weight_version": batch.weight_version,
                "leased_at_ms": now_ms - int(1000 * figures["seconds"]),
                "acknowledged_at_ms": now_ms,
                "group_indices": groups,
                "samples": len(batch.samples),
                "reward_mean": batch.reward_mean,
                "response_tokens": sum(len(sample.response_tokens) for sample in batch.samples),
                "age_versions_max": batch.weight_version - min(versions, default=batch.weight_version),
                "sorted": groups == sorted(groups),
                "whole": True,  # else it would be none
                "duplicates": len(duplicates),
                "problems": problems,
                **figures,
            }
        )
        self.content["replayed"] += bool(before)
        self.content["failed_steps"] += bool(problems)
        self.content["duplicates_trained"] += len(duplicates)
        self._write()

    def _write(self) -> None:
        """At once: who reads it meanwhile finds a whole one."""
        if self.path is not None:
            beside = self.path.with_name(f".{self.path.name}-{os.getpid()}")
            beside.write_text(json.dumps(self.content, indent=1) + "\n")
            beside.replace(self.path)
