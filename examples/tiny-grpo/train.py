"""Trains the tiny model by GRPO: a batch, two passes over it, the new weights into the engine, and so on.

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
from rollouts import DirectSource, Source

HERE = Path(__file__).resolve().parent


def report(path: Path | None, steps: list[dict[str, Any]], gap: Gap) -> None:
    """Written anew at every step, at once: who reads it finds a whole one."""
    if path is None:
        return
    content = {
        "steps": steps,
        "logprob_gap_max": gap.largest,
        "logprob_gap_max_by_version": gap.by_version,
        "tokens_compared": gap.compared,
        "tokens_of_forgotten_versions": gap.forgotten,
    }
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    beside.write_text(json.dumps(content, indent=1) + "\n")
    beside.replace(path)


def train(source: Source, engine: Engine, learner: Learner, steps: int, path: Path | None) -> None:
    """Each step's batch is acknowledged when the engine has the weights that it led to, and not before."""
    total = Gap()
    done: list[dict[str, Any]] = []
    for _ in range(steps):
        begun = time.monotonic()
        rollouts = source.next()
        have = time.monotonic()
        gap = learner.gap(rollouts)
        total.add(gap)
        loss = learner.train(rollouts)
        trained = time.monotonic()
        source.updating()
        learner.save(learner.version + 1)
        paused = engine.push(learner.version)
        source.trained(learner.version)
        reward = sum(rollout.reward for rollout in rollouts) / len(rollouts)
        done.append(
            {
                "weight_version": learner.version,
                "reward_mean": round(reward, 4),
                "loss": round(loss, 5),
                "logprob_gap_max": gap.largest,
                "tokens": gap.compared + gap.forgotten,
                "samples": len(rollouts),
                "oldest_version": min((v for r in rollouts for v, _, _ in r.spans), default=learner.version),
                "wait_seconds": round(have - begun, 3),
                "train_seconds": round(trained - have, 3),
                "paused_seconds": round(paused, 3),
                "seconds": round(time.monotonic() - begun, 3),
            }
        )
        last = done[-1]
        print(
            f"version {learner.version:4}  reward {reward:.3f} {'#' * round(reward * 40):40}  gap {gap.largest:.1e}"
            f"  {last['seconds']:.2f} s",
            flush=True,
        )
        report(path, done, total)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the tiny model by GRPO with a real engine.")
    parser.add_argument("--engine-url", default="http://127.0.0.1:8000", help="the vLLM of scripts/real-engine")
    parser.add_argument("--model-dir", type=Path, default=HERE.parent.parent / ".millrace" / "tiny-model")
    parser.add_argument("--direct", action="store_true", help="ask the engine for batches, without Millrace")
    parser.add_argument("--groups", type=int, default=16, help="prompts a batch, with --direct (%(default)s)")
    parser.add_argument("--samples", type=int, default=8, help="answers to each, with --direct (%(default)s)")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="(%(default)s); 1e-3 ruins the model")
    parser.add_argument("--report", type=Path, help="a JSON file, written at every step")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    engine = Engine(arguments.engine_url)
    learner = Learner(arguments.model_dir, learning_rate=arguments.learning_rate)
    if engine.weight_version() != str(learner.version):
        engine.push(learner.version)
    source = DirectSource(engine, arguments.groups, arguments.samples, arguments.seed)
    train(source, engine, learner, arguments.steps, arguments.report)


if __name__ == "__main__":
    main()
