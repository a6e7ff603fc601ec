"""Trains the tiny model with TRL's AsyncGRPOTrainer on Millrace's batches, on the CPU.

It goes on from its last checkpoint, whatever ended it.
"""

import argparse
import shutil
import signal
from pathlib import Path
from typing import Any

import cpu  # what TRL's trainer lacks on a CPU
from datasets import Dataset
from millrace.trl import FolderWeights, Rollouts, last_checkpoint
from report import Report
from transformers import TrainerCallback
from trl.experimental.async_grpo import AsyncGRPOConfig, AsyncGRPOTrainer

HERE = Path(__file__).resolve().parent


class StopOnSignal(TrainerCallback):
    """SIGTERM and Ctrl-C: the step is trained to its end and saved."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_: Any) -> None:
        self.asked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if self.asked:
            control.should_save = control.should_training_stop = True


def first_weights(engine_folder: Path, output: Path) -> Path:
    """The model as the engine began with it, kept: its own folder gets the weights of each step."""
    kept = output / "begin"
    if not kept.is_dir():
        others = shutil.ignore_patterns(output.name, ".*")
        shutil.copytree(engine_folder, output / "begin.new", ignore=others, dirs_exist_ok=True)
        (output / "begin.new").rename(kept)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the tiny model with TRL, with a real engine.")
    parser.add_argument("--engine-url", default="http://127.0.0.1:8000", help="the vLLM of scripts/real-engine")
    parser.add_argument("--trainer-url", default="http://127.0.0.1:9400", help="Millrace's trainer consumer")
    parser.add_argument("--model-dir", type=Path, default=HERE.parent.parent / ".millrace" / "tiny-model")
    parser.add_argument("--output-dir", type=Path, help="checkpoints (trl in the model folder)")
    parser.add_argument("--groups", type=int, default=16, help="--batch-groups of the run (%(default)s)")
    parser.add_argument("--samples", type=int, default=8, help="--samples-per-group of the run (%(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="in all, with those of the checkpoint (%(default)s)")
    parser.add_argument("--save-steps", type=int, default=5, help="steps from a checkpoint to the next (%(default)s)")
    parser.add_argument("--token-budget", type=int, default=0, help="of a micro-batch; 0 for half a step of the run")
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="(%(default)s)")
    parser.add_argument("--report", type=Path, help="a JSON file, written at every step")
    arguments = parser.parse_args()
    output = arguments.output_dir or arguments.model_dir / "trl"
    output.mkdir(parents=True, exist_ok=True)

    report = Report(arguments.report, arguments.steps)
    rollouts = Rollouts(arguments.trainer_url, acknowledged=report.acknowledged)
    micro_batches = 2
    trainer = AsyncGRPOTrainer(
        model=str(first_weights(arguments.model_dir, output)),
        args=AsyncGRPOConfig(
            output_dir=str(output),
            max_steps=arguments.steps,
            # Without a token budget an optimizer step is a step of the run.
            per_device_train_batch_size=arguments.groups * arguments.samples // micro_batches,
            gradient_accumulation_steps=micro_batches,
            token_budget=arguments.token_budget,
            learning_rate=arguments.learning_rate,
            save_steps=arguments.save_steps,
            save_total_limit=2,
            disable_tqdm=True,
            **cpu.ARGUMENTS,
        ),
        train_dataset=Dataset.from_list([{"prompt": "the producer has the prompts"}]),
        rollout_worker=rollouts,
        weight_transfer=FolderWeights(rollouts, [arguments.engine_url], arguments.model_dir),
        callbacks=[rollouts, StopOnSignal(), report],
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(output))


if __name__ == "__main__":
    main()
