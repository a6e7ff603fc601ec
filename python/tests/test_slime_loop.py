"""slime's two loops against a real cluster, through crashes after which slime counts its versions from 1 again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pages
import pytest
from cluster import ROOT, Cluster

GROUPS = 3
BATCH = {"batch_groups": GROUPS, "samples_per_group": 2, "pipeline_depth": 2}
LIMIT = 240.0


class Slime:
    """With the rollout function and the environment of docs/SLIME.md's own commands."""

    def __init__(self, cluster: Cluster, folder: Path, **plan: Any) -> None:
        self.folder = folder
        self.plan = {"trainer": cluster.trainer, "engine": cluster.engine, "folder": str(folder)} | plan
        (export,) = pages.commands("SLIME.md", "export")
        name, url = export.removeprefix("export ").split("=")
        self.environment = {name: pages.changed(url, {"http://127.0.0.1:9400": cluster.trainer})}
        (train,) = pages.commands("SLIME.md", "train_async.py")
        self.function = train.split()[train.split().index("--rollout-function-path") + 1]

    def run(self, *, die: str | None = None, **changes: Any) -> None:
        """To its end, or to where it dies."""
        plan = self.plan | changes | {"die": [die] if die else []}
        environment = os.environ | self.environment | {"PYTHONPATH": str(ROOT / "python" / "src")}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("slime_loop.py")), self.function, json.dumps(plan)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        (self.folder / "slime.log").open("a").write(done.stderr)
        assert done.returncode == (9 if die else 0), done.stderr[-6000:]

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]

    def batches(self, rollout: int) -> list[list[int]]:
        """What was trained on as this rollout, in each try of it."""
        return [line["groups"] for line in self.journal() if line.get("rollout") == rollout]

    def weights(self) -> list[int]:
        """The groups that the weights of the last checkpoint were trained on."""
        saved = json.loads((self.folder / "checkpoint.json").read_text())
        assert [rollout for rollout, _ in saved["trained"]] == list(range(saved["rollout"] + 1))
        return [index for _, groups in saved["trained"] for index in groups]


def settled(cluster: Cluster, slime: Slime, rollouts: int) -> None:
    """All that went into the weights counts as trained, each group once, and nothing is lost."""
    weights = slime.weights()
    assert len(weights) == len(set(weights)) == rollouts * GROUPS
    status = cluster.status()
    assert (status["next_step"], status["leased"]) == (rollouts, 0)
    cluster.end("worker")
    cluster.end("producer")
    report = cluster.audit()
    assert report["findings"] == [], report
    assert status["trained"] == rollouts * GROUPS


@pytest.mark.parametrize("shape", [pytest.param("sync", marks=pytest.mark.thorough), "async"])
def test_a_loop_trains_each_group_once(cluster: Cluster, tmp_path: Path, shape: str) -> None:
    cluster.start_run(f"plain-{shape}", BATCH)
    slime = Slime(cluster, tmp_path, shape=shape, rollouts=5)
    slime.run()
    settled(cluster, slime, 5)
    assert cluster.status()["lineage"] == 0


@pytest.mark.parametrize("shape", ["sync", pytest.param("async", marks=pytest.mark.thorough)])
def test_what_is_not_in_the_checkpoint_is_trained_again_as_it_was(cluster: Cluster, tmp_path: Path, shape: str) -> None:
    cluster.start_run(f"replayed-{shape}", BATCH)
    slime = Slime(cluster, tmp_path, shape=shape, rollouts=7, save_interval=3)
    slime.run(die="trained 4")
    slime.run(die="trained 5")
    slime.run()
    for rollout in (3, 4):
        tries = slime.batches(rollout)
        assert len(tries) > 1
        # The last that was handed out was not acknowledged yet; its groups may stand elsewhere now.
        acknowledged = tries if rollout < 4 else tries[1:]
        assert all(one == acknowledged[0] for one in acknowledged), (rollout, tries)
    settled(cluster, slime, 7)
    assert cluster.status()["lineage"] == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("shape", "when"),
    [("sync", "model saved 2"), ("async", "model saved 2"), ("async", "saved 2"), ("sync", "updated 2")],
)
def test_what_is_in_the_checkpoint_is_not_trained_again(
    cluster: Cluster, tmp_path: Path, shape: str, when: str
) -> None:
    cluster.start_run(f"saved-{shape}-{when.replace(' ', '-')}", BATCH)
    slime = Slime(cluster, tmp_path, shape=shape, rollouts=5)
    slime.run(die=when)
    slime.run()
    assert len(slime.batches(2)) == 1
    settled(cluster, slime, 5)


@pytest.mark.thorough
def test_weights_that_move_every_other_rollout(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("interval", BATCH | {"steps_per_version": 2})
    slime = Slime(cluster, tmp_path, shape="async", rollouts=7, interval=2, save_interval=2)
    slime.run(die="trained 4")
    slime.run()
    settled(cluster, slime, 7)


@pytest.mark.thorough
def test_an_older_checkpoint_may_go_on_with_new_prompts(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("fresh", BATCH)
    slime = Slime(cluster, tmp_path, shape="async", rollouts=6, save_interval=2, resume_mode="fresh")
    slime.run(die="trained 3")
    slime.run()
    first, second = slime.batches(2)
    assert not set(first) & set(second)
    weights = slime.weights()
    assert len(weights) == len(set(weights)) == 6 * GROUPS
    cluster.end("worker")
    cluster.end("producer")
    assert cluster.audit()["findings"] == []


@pytest.mark.thorough
def test_a_trainer_consumer_that_is_killed_goes_on_with_both_open_steps(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("killed", BATCH)
    slime = Slime(cluster, tmp_path, shape="async", rollouts=4)
    slime.run(die="trained 1")
    assert cluster.status()["leased"] == 2 * GROUPS
    cluster.restart_trainer()
    assert cluster.status()["leased"] == 2 * GROUPS
    slime.run()
    settled(cluster, slime, 4)


@pytest.mark.parametrize("shape", [pytest.param("sync", marks=pytest.mark.thorough), "async"])
def test_evaluations_have_their_samples_and_their_weights(cluster: Cluster, tmp_path: Path, shape: str) -> None:
    cluster.start_run(f"eval-{shape}", BATCH)
    problems = f"{ROOT / 'sandbox' / 'data' / 'math-problems.jsonl'}@[0:3]"
    held_out = {
        "name": "held-out",
        "path": problems,
        "n_samples_per_eval_prompt": 2,
        "rm_type": "math",
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": -1,
        "max_response_len": 64,
    }
    slime = Slime(cluster, tmp_path, shape=shape, rollouts=2, eval_datasets=[held_out])
    slime.run()
    evaluated = {line["evaluated"]: line["data"]["held-out"] for line in slime.journal() if "evaluated" in line}
    for one in evaluated.values():
        assert one["indices"] == list(range(6))
        assert len(one["rewards"]) == len(one["truncated"]) == 6
        assert set(one["rewards"]) <= {0.0, 1.0}
    # Begun with the weights that rollout 1 led to, of which there are none newer.
    assert evaluated[1]["versions"] == ["3"]
    settled(cluster, slime, 2)
