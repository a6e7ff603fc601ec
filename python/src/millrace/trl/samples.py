"""A group's samples as TRL has them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from millrace.batch import Batch, Group
from millrace.transport import MillraceError

try:
    from trl.experimental.async_grpo.async_rollout_worker import RolloutSample  # type: ignore[import-not-found]
except ImportError:

    @dataclass
    class RolloutSample:  # type: ignore[no-redef]
        """The fields of TRL's class of this name, for where TRL is not installed."""

        prompt: list[dict[str, Any]]
        completion: list[dict[str, Any]]
        input_ids: Any
        completion_mask: Any
        old_log_probs: Any
        advantage: float
        model_version: int
        group_id: int
        metrics: dict[str, float]
        enqueued_at: float | None = None


class SampleMetrics(dict[str, float]):
    """A sample's figures. TRL carries this object, and nothing else that tells the sample, as far as its collator."""

    def __init__(self, index: int, figures: dict[str, float]) -> None:
        super().__init__(figures)
        self.index = index


def group_advantages(group: Group) -> list[float]:
    """The rewards, normalised within the group as TRL does it."""
    rewards = [sample.reward for sample in group.samples]
    mean, std = mean_std(rewards)
    return [(reward - mean) / (std + 1e-8) for reward in rewards]


def mean_std(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def require_trainable(group: Group, token_budget: int) -> None:
    """Whether TRL can train on all of the group.

    :param token_budget: of TRL, which drops what is longer; 0 for none
    :raises MillraceError: it cannot
    """
    for sample in group.samples:
        if not sample.prompt_length:
            raise MillraceError(f"group {group.index} has no token ids of its prompt: nothing can be trained on it")
        if 0 < token_budget < len(sample.tokens):
            raise MillraceError(
                f"group {group.index} has a sample of {len(sample.tokens)} tokens, which TRL would drop: token_budget"
                f" must be at least the longest prompt and response, is {token_budget}"
            )


def trl_sample(batch: Batch, group: Group, place: int, advantage: float, label: int) -> Any:
    """The sample at a place of the group.

    :param label: the word of a weight version, less TRL's number of it
    """
    sample = group.samples[place]
    mean, std = mean_std([one.reward for one in group.samples])
    blank = [0] * sample.prompt_length
    # The oldest that made any of its tokens.
    version = min((span.version for span in sample.spans), default=batch.weight_version)
    return RolloutSample(
        prompt=messages(group.header.get("prompt"), "user"),
        completion=[{"role": "assistant", "content": sample.response}],
        input_ids=array("int64", sample.tokens),
        completion_mask=array("int64", [*blank, *sample.loss_mask]),
        old_log_probs=array("float32", [*blank, *sample.log_probs]),
        advantage=advantage,
        model_version=version - label,
        group_id=group.index,
        metrics=SampleMetrics(sample.index, {"reward": sample.reward, "reward_mean": mean, "reward_std": std}),
        enqueued_at=time.time(),
    )


def messages(prompt: Any, role: str) -> list[dict[str, Any]]:
    """A prompt as TRL shows it."""
    form = (
        prompt.get("messages", prompt.get("rendered", prompt.get("text", ""))) if isinstance(prompt, dict) else prompt
    )
    if isinstance(form, list) and all(isinstance(one, dict) for one in form):
        return form
    return [{"role": role, "content": form if isinstance(form, str) else ""}]


def array(dtype: str, values: Sequence[Any]) -> Any:
    """Of numpy, which there is where TRL is."""
    try:
        import numpy  # type: ignore[import-not-found, unused-ignore] # noqa: PLC0415
    except ImportError:
        return list(values)
    return numpy.array(values if isinstance(values, memoryview) else list(values), dtype=dtype)
