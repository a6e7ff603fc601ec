"""Trains the tiny model by GRPO: a batch, two passes over it, the new weights into the engine, and so on.

train.py --engine-url http://127.0.0.1:8000 --trainer-url http://127.0.0.1:9400 --steps 60
train.py --engine-url http://127.0.0.1:8000 --direct --steps 60
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch
from engine import Engine
from learner import Gap, Learner
from rollouts import Batch, DirectSource, Source

HERE = Path(__file__).resolve().parent


class Report:
    """What was trained, in the form of Millrace's demo, and how far engine and trainer are apart."""

    def __init__(self, path: Path | None, steps: int) -> None:
        self.path = path
        self.gap = Gap()
        self.trained: set[int] = set()
        self.content: dict[str, Any] = {
            "started_at_ms": time.time_ns() // 1_000_000,
            "steps_wanted": steps,
            "failed_steps": 0,
            "duplicates_trained": 0,
            "steps": [],
        }

    def add(self, batch: Batch, gap: Gap, step: dict[str, Any]) -> None:
        groups = list(dict.fromkeys(rollout.group for rollout in batch.rollouts))
        duplicates = [group for group in groups if group in self.trained]
        self.trained.update(groups)
        self.gap.add(gap)
        oldest = min((version for r in batch.rollouts for version, _, _ in r.spans), default=batch.weight_version)
        in_order = groups == sorted(groups)
        problems = [f"group {group} was trained before" for group in duplicates] + ["not in order"] * (not in_order)
        self.content["failed_steps"] += bool(problems)
        self.content["duplicates_trained"] += len(duplicates)
        self.content["steps"].append(
            {
                "lineage": batch.lineage,
                "step": batch.step,
                "weight_version": batch.weight_version,
                "acknowledged_at_ms": time.time_ns() // 1_000_000,
                "group_indices": groups,
                "samples": len(batch.rollouts),
                "reward_mean": reward_mean(batch),
                "response_tokens": sum(len(rollout.response) for rollout in batch.rollouts),
                "age_versions_max": batch.weight_version - oldest,
                "sorted": in_order,
                "whole": True,  # else it would be none
                "duplicates": len(duplicates),
                "problems": problems,
                "logprob_gap_max": gap.largest,
                **step,
            }
        )
        self.content["logprob_gap_max"] = self.gap.largest
        self.content["logprob_gap_max_by_version"] = self.gap.by_version
        self.content["tokens_compared"] = self.gap.compared
        self.content["tokens_of_forgotten_versions"] = self.gap.forgotten
        self._write()

    def _write(self) -> None:
        """At once: who reads it meanwhile finds a whole one."""
        if self.path is not None:
            beside = self.path.with_name(f".{self.path.name}-{os.getpid()}")
            beside.write_text(json.dumps(self.content, indent=1) + "\n")
            beside.replace(self.path)


def reward_mean(batch: Batch) -> float:
    return sum(rollout.reward for rollout in batch.rollouts) / len(batch.rollouts)


def train(source: Source, engine: Engine, learner: Learner, steps: int, report: Report) -> None:
    """Each step's batch is acknowledged when the engine has the weights that it led to, and not before."""
    for _ in range(steps):
        begun = time.monotonic()
        batch = source.next()
        have, leased_at_ms = time.monotonic(), time.time_ns() // 1_000_000
        gap, loss, paused = Gap(), 0.0, 0.0
        if batch.name != learner.trained:  # else this trainer died before it could say so
            gap = learner.gap(batch.rollouts)
            loss = learner.train(batch.rollouts)
            source.updating()
            learner.save(learner.version + 1, batch.name)
            paused = engine.push(learner.version)
        source.trained(learner.version)
        seconds = time.monotonic() - begun
        step = {
            "new_weight_version": learner.version,
            "leased_at_ms": leased_at_ms,
            "loss": loss,
            "wait_seconds": have - begun,
            "paused_seconds": paused,
            "seconds": seconds,
        }
        report.add(batch, gap, step)
        reward = reward_mean(batch)
        print(
            f"version {learner.version:4}  reward {reward:.3f} {'#' * round(reward * 40):40}  gap {gap.largest:.1e}"
            f"  {seconds:.2f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the tiny model by GRPO with a real engine.")
    parser.add_argument("--engine-url", default="http://127.0.0.1:8000", help="the vLLM of scripts/real-engine")
    parser.add_argument("--trainer-url", default="http://127.0.0.1:9400", help="Millrace's trainer consumer")
    parser.add_argument("--model-dir", type=Path, default=HERE.parent.parent / ".millrace" / "tiny-model")
    parser.add_argument("--direct", action="store_true", help="ask the engine for batches, without Millrace")
    parser.add_argument("--groups", type=int, default=16, help="prompts a batch, with --direct (%(default)s)")
    parser.add_argument("--samples", type=int, default=8, help="answers to each, with --direct (%(default)s)")
    parser.add_argument("--steps", type=int, default=60, help="of this call (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="(%(default)s); 1e-3 ruins the model")
    parser.add_argument("--report", type=Path, help="a JSON file, written at every step")
    parser.add_argument("--seed", type=int, default=1, help="of the sums, with --direct")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    torch.set_num_threads(1)
    engine = Engine(arguments.engine_url)
    learner = Learner(arguments.model_dir, learning_rate=arguments.learning_rate)
    source: Source
    if arguments.direct:
        source = DirectSource(engine, arguments.groups, arguments.samples, arguments.seed)
    else:
        from queued import MillraceSource  # noqa: PLC0415 - the package is not needed without

        source = MillraceSource(arguments.trainer_url)
    engine.push(learner.version)
    source.begin(learner.version, learner.trained)
    train(source, engine, learner, arguments.steps, Report(arguments.report, arguments.steps))


if __name__ == "__main__":
    main()
