"""Run where verl is installed: its trainer's own assembly of a batch, of groups that Millrace's queue gives it."""

import pickle
import sys
import types
from typing import Any

from blobs import blob, form, sample
from millrace import MillraceError
from millrace.batch import read_batch
from millrace.verl import RolloutSamples

# As much of Ray, and of the trainer that is built on it, as these modules name.
ray, trainer = types.ModuleType("ray"), types.ModuleType("verl.trainer.ppo.ray_trainer")
vars(ray).update(ObjectRef=object, remote=lambda *_, **__: lambda one: one, get=None)
vars(trainer).update(compute_response_mask=None)
sys.modules |= {"ray": ray, trainer.__name__: trainer}

PROMPT, RESPONSE, PAD = 4, 5, 99


def assembled(*samples: bytes) -> Any:
    from verl.experimental.fully_async_policy.detach_utils import (  # type: ignore[import-not-found] # noqa: PLC0415
        assemble_batch_from_rollout_samples,
    )

    return assemble_batch_from_rollout_samples([pickle.loads(one) for one in samples], None, None)


def verl_assembles_a_batch_of_the_groups() -> None:
    spans = [{"version": 13, "from": 0, "to": 1}, {"version": 14, "from": 1, "to": 3}]
    made = form([[sample(0, reward=0.25), sample(1, versions=spans)], [sample(2, prompt=3), sample(3, response=4)]])
    made["groups"][1]["samples"][1]["weight_versions"] = [{"version": 14, "from": 0, "to": 4}]
    batch = read_batch(bytearray(blob(made)), "2-7-ab", 5, [4, 5])
    encode = RolloutSamples(PROMPT, RESPONSE, PAD)
    data = assembled(*[encode(batch, group) for group in batch.groups])
    one = batch.groups[1].samples[0]
    assert data.batch["input_ids"][2].tolist() == [PAD, *one.prompt, *one.response_tokens, PAD, PAD]
    assert data.batch["attention_mask"][2].tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0]
    assert data.batch["position_ids"][2].tolist() == [0, 0, 1, 2, 3, 4, 5, 5, 5]
    assert data.batch["response_mask"][2].tolist() == [1, 1, 1, 0, 0]
    assert data.batch["rollout_log_probs"][2].tolist() == [*one.log_probs, 0.0, 0.0]
    assert data.batch["rm_scores"].sum(dim=1).tolist() == [0.25, 1.0, 1.0, 1.0]
    assert data.batch["rm_scores"][0].tolist() == [0.0, 0.0, 0.25, 0.0, 0.0]
    assert list(data.non_tensor_batch["uid"]) == ["uid_4", "uid_4", "uid_5", "uid_5"]
    assert data.meta_info["trajectory_param_versions"].tolist() == [4, 4, 4, 4]
    assert data.meta_info["fully_async/partial/max_partial_span"] == 1
    assert data.meta_info["global_token_num"] == [5, 5, 6, 6]


def a_sample_that_does_not_fit_is_refused() -> None:
    batch = read_batch(bytearray(blob(form([[sample(0, response=6)]]))), "2-7-ab", 5, [4])
    refusal = ""
    try:
        RolloutSamples(PROMPT, RESPONSE, PAD)(batch, batch.groups[0])
    except MillraceError as e:
        refusal = str(e)
    assert "response of 6 tokens: data.max_response_length must be at least that, is 5" in refusal, refusal


if __name__ == "__main__":
    verl_assembles_a_batch_of_the_groups()
    a_sample_that_does_not_fit_is_refused()
