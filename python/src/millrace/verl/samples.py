"""A group as verl's sample."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from millrace.batch import Batch, Group
from millrace.transport import MillraceError


def plain_sample(batch: Batch, group: Group) -> bytes:
    """A group without verl's classes: a pickled dict, whose values are lists, one of each sample."""
    return pickle.dumps(plain(batch, group))


def plain(batch: Batch, group: Group) -> dict[str, Any]:
    spans = [[span.version for span in sample.spans] or [batch.weight_version] for sample in group.samples]
    times = [group.header.get(name) for name in ("claimed_at_ms", "finished_at_ms")]
    return {
        "uid": f"uid_{group.index}",
        "prompts": [list(sample.prompt) for sample in group.samples],
        "responses": [list(sample.response_tokens) for sample in group.samples],
        "response_mask": [list(sample.loss_mask) for sample in group.samples],
        "rollout_log_probs": [list(sample.log_probs) for sample in group.samples],
        "rewards": [sample.reward for sample in group.samples],
        "min_global_steps": [min(versions) for versions in spans],
        "max_global_steps": [max(versions) for versions in spans],
        "seconds": (times[1] - times[0]) / 1000 if times[0] and times[1] else 0.0,
    }


@dataclass(frozen=True)
class RolloutSamples:
    """Makes what verl's trainer takes: a pickled ``RolloutSample`` with a ``DataProto``, as verl's agent loop has it,
    prompts padded on the left, responses on the right, the reward at the response's last token.

    To be had where verl is installed.
    """

    prompt_length: int
    """``data.max_prompt_length`` of verl's configuration."""
    response_length: int
    """``data.max_response_length``."""
    pad_token_id: int

    def __call__(self, batch: Batch, group: Group) -> bytes:
        """:raises MillraceError: a sample does not fit"""
        import numpy  # type: ignore[import-not-found, unused-ignore] # noqa: PLC0415 - where verl is
        import torch  # type: ignore[import-not-found, unused-ignore] # noqa: PLC0415
        from verl import DataProto  # type: ignore[import-not-found] # noqa: PLC0415
        from verl.experimental.fully_async_policy.detach_utils import (  # type: ignore[import-not-found] # noqa: PLC0415
            RolloutSample,
        )

        rows = plain(batch, group)
        self._require_room(group)
        prompts = torch.tensor([left(row, self.prompt_length, self.pad_token_id) for row in rows["prompts"]])
        responses = torch.tensor([right(row, self.response_length, self.pad_token_id) for row in rows["responses"]])
        before = torch.tensor([left([1] * len(row), self.prompt_length, 0) for row in rows["prompts"]])
        after = torch.tensor([right([1] * len(row), self.response_length, 0) for row in rows["responses"]])
        attention = torch.cat([before, after], dim=1)
        scores = torch.zeros(len(responses), self.response_length)
        for row, (response, reward) in enumerate(zip(rows["responses"], rows["rewards"], strict=True)):
            scores[row, max(0, len(response) - 1)] = reward
        log_probs = [right(row, self.response_length, 0.0) for row in rows["rollout_log_probs"]]
        tensors = {
            "prompts": prompts,
            "responses": responses,
            "response_mask": torch.tensor([right(row, self.response_length, 0) for row in rows["response_mask"]]),
            "input_ids": torch.cat([prompts, responses], dim=1),
            "attention_mask": attention,
            "position_ids": (attention.cumsum(dim=1) - 1).clamp(min=0),
            "rollout_log_probs": torch.tensor(log_probs, dtype=torch.float32),
            "rm_scores": scores,
        }
        count = len(group.samples)
        others = {"__num_turns__": numpy.full(count, 2, dtype=numpy.int32)}
        for name in ("uid", "min_global_steps", "max_global_steps"):
            others[name] = numpy.empty(count, dtype=object)
            others[name][:] = rows[name] if name != "uid" else [rows["uid"]] * count
        spent = [{"generate_sequences": rows["seconds"], "tool_calls": 0.0}] * count
        data = DataProto.from_dict(
            tensors=tensors, non_tensors=others, meta_info={"metrics": spent, "reward_extra_keys": []}
        )
        sample = RolloutSample(full_batch=data, sample_id=f"sample_{group.index}", epoch=0, rollout_status={})
        return pickle.dumps(sample)

    def _require_room(self, group: Group) -> None:
        for sample in group.samples:
            if not sample.prompt_length:
                raise MillraceError(f"group {group.index} has no token ids of its prompt: nothing can be trained on it")
            for name, tokens, limit in (
                ("prompt", sample.prompt, self.prompt_length),
                ("response", sample.response_tokens, self.response_length),
            ):
                if len(tokens) > limit:
                    raise MillraceError(
                        f"sample {sample.index} has a {name} of {len(tokens)} tokens: data.max_{name}_length must be at"
                        f" least that, is {limit}"
                    )


def left(row: Sequence[Any], width: int, filler: Any) -> list[Any]:
    return [*[filler] * (width - len(row)), *row]


def right(row: Sequence[Any], width: int, filler: Any) -> list[Any]:
    return [*row, *[filler] * (width - len(row))]
