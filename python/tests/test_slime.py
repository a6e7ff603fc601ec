"""What millrace.slime does with a batch, without a cluster; the loop is test_slime_loop.py's."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from millrace import slime
from millrace.batch import Group
from millrace.batch import Sample as BatchSample

HOOKS = """
def long_ones_are_masked(args, samples):
    for group in samples:
        for sample in group:
            sample.remove_sample = len(sample.response) > args.longest

def all_of_them(args, samples, data_source):
    data_source.append([sample.index for group in samples for sample in group])
"""


def test_slimes_filters_of_samples_see_the_rollout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_hooks.py").write_text(HOOKS)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("my_hooks", None)
    args = SimpleNamespace(
        longest=3,
        rollout_sample_filter_path="my_hooks.long_ones_are_masked",
        rollout_all_samples_process_path="my_hooks.all_of_them",
    )
    samples = [[slime.Sample(index=4, response="short"), slime.Sample(index=5, response="no")], [slime.Sample(index=8)]]
    seen: list[list[int]] = []
    slime.hooked(args, samples, seen)
    assert [sample.remove_sample for group in samples for sample in group] == [True, False, False]
    assert seen == [[4, 5, 8]]
    slime.hooked(SimpleNamespace(), samples, None)


def test_an_evaluations_function_goes_before_its_reward_type() -> None:
    config = SimpleNamespace(name="aime", path="a.jsonl", rm_type="math", custom_rm_path="my_rewards.score")
    asked = slime.eval_data_set(config)
    assert asked == {"name": "aime", "path": "a.jsonl", "reward_type": "my_rewards.score"}
    config.custom_rm_path = None
    assert slime.eval_data_set(config)["reward_type"] == "math"


def test_a_samples_spans_are_as_slimes_timeline_reads_them() -> None:
    header = {"generation_seconds": 2.5, "non_generation_seconds": 0.5, "engine": "http://e", "cached_tokens": 4}
    times = {"claimed_at_ms": 10_000, "finished_at_ms": 14_000, "attempt": 2}
    sample = BatchSample(
        index=7,
        tokens=[1, 2, 3],
        prompt_length=1,
        log_probs=[-1.0, -1.0],
        loss_mask=[1, 1],
        spans=(),
        reward=1.0,
        text=memoryview(b"x"),
        status="completed",
        finish_reason="stop",
        tensors={},
        header=header,
    )
    group = Group(index=3, samples=(sample,), label=None, metadata={}, extras={}, header=times)
    trace = slime.trace(group, sample)
    assert (trace["version"], trace["sample_id"], trace["group_id"], trace["attempt"]) == (1, 7, 3, 2)
    spans: dict[str, list[float]] = {}
    parents: dict[str, str | None] = {}
    for event in trace["events"]:
        spans.setdefault(event["name"], []).append(event["ts"])
        parents.setdefault(event["name"], event.get("parent_span_id"))
    assert spans == {
        "generate_and_rm_group": [10.0, 14.0],
        "generate_and_rm": [10.0, 13.0],
        "sglang_generate": [10.0, 12.5],
        "reward_model": [12.5, 13.0],
    }
    assert parents["sglang_generate"] == parents["reward_model"] == "generate_and_rm"
    ends = [event for event in trace["events"] if (event["type"], event["name"]) == ("span_end", "sglang_generate")]
    assert ends[0]["attrs"]["completion_tokens"] == 2
    assert ends[0]["attrs"]["e2e_latency"] == 2.5
