"""Runs examples/trl-grpo with a look over TRL's shoulder: what reaches the model in each optimizer step.

trl_oracle.py JOURNAL ARGUMENTS...
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from trl.experimental.async_grpo import AsyncGRPOTrainer  # type: ignore[import-not-found]

TRAIN = Path(__file__).resolve().parents[2] / "examples" / "trl-grpo" / "train.py"
training_step = AsyncGRPOTrainer.training_step


def seen(self: Any, model: Any, inputs: dict[str, Any], *more: Any) -> Any:
    """The log-probabilities that samples came with tell them."""
    terms = inputs["token_index"] >= 0
    samples: dict[int, list[float]] = {}
    for sample, log_prob in zip(
        inputs["segment_id"][terms].tolist(), inputs["old_log_probs"][terms].tolist(), strict=True
    ):
        samples.setdefault(sample, []).append(log_prob)
    line = {"process": os.getpid(), "step": self.state.global_step, "samples": list(samples.values())}
    with journal.open("a") as lines:
        lines.write(json.dumps(line) + "\n")
    return training_step(self, model, inputs, *more)


if __name__ == "__main__":
    journal = Path(sys.argv[1])
    AsyncGRPOTrainer.training_step = seen
    sys.path.insert(0, str(TRAIN.parent))
    sys.argv = [str(TRAIN), *sys.argv[2:]]
    runpy.run_path(str(TRAIN), run_name="__main__")
