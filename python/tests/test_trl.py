"""TRL's order of calls against a real cluster, through stops and kills; TRL itself is in test_trl_real.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from millrace import MillraceError
from millrace.trl import last_checkpoint
from trl_loop import KilledError, Trainer

GROUPS, SAMPLES = 3, 2
BATCH = {"batch_groups": GROUPS, "samples_per_group": SAMPLES, "pipeline_depth": 2}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(machines: Cluster) -> Iterator[Cluster]:
    yield machines
    machines.end_run()


def train(cluster: Cluster, folder: Path, *, die: str | None = None, **more: Any) -> Trainer:
    trainer = Trainer(cluster.trainer, cluster.engine, folder, die=die, **more)
    if die is None:
        trainer.train()
    else:
        with pytest.raises(KilledError):
            trainer.train()
    return trainer


def settled(cluster: Cluster, trainer: Trainer, steps: int) -> None:
    """All that went into the weights counts as trained, each group once, and nothing is lost."""
    assert len(trainer.trained) == len(set(trainer.trained)) == steps * GROUPS * SAMPLES
    assert len(set(trainer.groups)) == steps * GROUPS
    status = cluster.status()
    assert status["next_step"] == steps
    cluster.end("worker")
    cluster.end("producer")
    report = cluster.audit()
    assert report["findings"] == [], report
    assert status["trained"] == steps * GROUPS


def test_each_group_is_trained_once_through_kills(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("trl", BATCH)
    train(cluster, tmp_path, steps=7, die="trained 1")
    train(cluster, tmp_path, steps=7, die="trained 4")
    train(cluster, tmp_path, steps=7, die="synced 5")
    train(cluster, tmp_path, steps=7, die="saved 6")
    settled(cluster, train(cluster, tmp_path, steps=7), 7)
    assert cluster.status()["lineage"] == 4


@pytest.mark.thorough
def test_optimizer_steps_need_not_be_steps_of_the_run(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("trl-dynamic", BATCH)
    # Four samples each, where the run's have six.
    shape: dict[str, Any] = {"micro_batch": 2, "accumulation": 2, "save_steps": 1}
    train(cluster, tmp_path, steps=9, die="saved 1", **shape)
    train(cluster, tmp_path, steps=9, die="trained 3", **shape)
    train(cluster, tmp_path, steps=9, die="synced 4", **shape)
    settled(cluster, train(cluster, tmp_path, steps=9, **shape), 6)


@pytest.mark.thorough
@pytest.mark.parametrize("die", ["trained 3", "saved 3"])
def test_weights_that_move_every_other_step(cluster: Cluster, tmp_path: Path, die: str) -> None:
    cluster.start_run(f"trl-interval-{die[:5]}", BATCH | {"steps_per_version": 2})
    shape: dict[str, Any] = {"sync_steps": 2, "save_steps": 3}
    train(cluster, tmp_path, steps=6, die=die, **shape)
    settled(cluster, train(cluster, tmp_path, steps=6, **shape), 6)


@pytest.mark.thorough
def test_a_micro_batch_that_no_leased_steps_fill_is_said(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("trl-large", BATCH)
    with pytest.raises(MillraceError, match="lease-ahead"):
        train(cluster, tmp_path, steps=2, micro_batch=7, accumulation=1)


@pytest.mark.thorough
def test_a_checkpoint_of_another_run_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("trl-other", BATCH)
    entry = {"run": "trl", "acknowledged": 4, "step": 5, "open": [], "weight_version": 6}
    state = {"global_step": 5, "stateful_callbacks": {"millrace": entry}}
    (tmp_path / "checkpoint.json").write_text(json.dumps(state))
    with pytest.raises(
        MillraceError, match="of run 'trl' at step 4, the trainer consumer has run 'trl-other' at step 0"
    ):
        train(cluster, tmp_path, steps=6)


def test_the_last_checkpoint_is_the_newest_whole_one(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    for step, content in ((5, '{"global_step": 5}'), (10, '{"global_step": 10}'), (15, '{"global_'), (20, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if content is not None:
            (folder / "trainer_state.json").write_text(content)
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-10")
