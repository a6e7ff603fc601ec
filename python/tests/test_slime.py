"""What millrace.slime does with a batch, without a cluster; the loop is test_slime_loop.py's."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from millrace import slime

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
