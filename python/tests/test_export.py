"""What `millrace export` writes, by the library that most others read Parquet with."""

from __future__ import annotations

import json
import subprocess
from array import array
from pathlib import Path
from typing import Any

import pytest
from cluster import COMMAND, Cluster
from millrace import Batch, Batches, Client, Lease
from pyarrow import parquet  # type: ignore[import-untyped]

GROUPS, SAMPLES, STEPS = 3, 2, 3


def export(cluster: Cluster, file: Path, *more: str) -> str:
    command = [COMMAND, "export", f"--run={cluster.run}", f"--bootstrap={cluster.bootstrap}", f"--output={file}", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def expected(batches: list[Batch]) -> list[dict[str, Any]]:
    return [
        {
            "step": batch.step,
            "group_index": group.index,
            "index": sample.index,
            "tokens": list(sample.tokens),
            "log_probs": list(sample.log_probs),
            "loss_mask": list(sample.loss_mask),
            "reward": sample.reward,
            "response": sample.response,
            "label": group.label,
            "weight_versions": [{"version": s.version, "from": s.start, "to": s.end} for s in sample.spans],
        }
        for batch in batches
        for group in batch.groups
        for sample in group.samples
    ]


@pytest.mark.thorough
def test_an_export_has_what_the_trainer_got(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_run("exported", {"batch_groups": GROUPS, "samples_per_group": SAMPLES})
    batches = Batches(Client(cluster.trainer))
    trained: list[Batch] = []
    for batch in batches:
        trained.append(batch)
        batches.ack(weight_version=batch.weight_version + 1)
        if len(trained) == STEPS:
            break
    want = expected(trained)
    said = export(cluster, tmp_path / "steps.parquet", "--rows=parquet")
    assert f"{STEPS * GROUPS} groups, {len(want)} samples in" in said
    table = parquet.read_table(tmp_path / "steps.parquet")
    assert [{name: row[name] for name in want[0]} for row in table.to_pylist()] == want
    export(cluster, tmp_path / "steps.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    for line in lines:
        # Of 32 bits, written as short as they can be.
        line["log_probs"] = array("f", line["log_probs"]).tolist()
    assert lines == table.to_pylist()
    export(cluster, tmp_path / "one.parquet", "--rows=parquet", "--from-step=1", "--to-step=1")
    assert set(parquet.read_table(tmp_path / "one.parquet")["step"].to_pylist()) == {1}
    export(cluster, tmp_path / "groups.parquet", "--rows=parquet", "--of=groups")
    groups = parquet.read_table(tmp_path / "groups.parquet").to_pylist()
    # In the order in which they finished, which need not be that of the steps.
    of_steps = [row for row in groups if row["step"] is not None]
    assert sorted(of_steps, key=lambda row: row["index"]) == sorted(table.to_pylist(), key=lambda row: row["index"])
    assert len({row["index"] for row in groups}) == len(groups) >= len(want)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.thorough
def test_ranks_share_a_step_and_one_acknowledges(cluster: Cluster) -> None:
    cluster.start_run("ranks", {"batch_groups": GROUPS, "samples_per_group": SAMPLES})
    trainer, packed = Client(cluster.trainer), Client(cluster.trainer, zstd=True)
    leased = trainer.lease(60)
    assert isinstance(leased, Lease)
    whole = trainer.fetch(leased, advantages="mean")
    ranks = [packed.fetch(leased, rank=rank, world=2, advantages="mean") for rank in (0, 1)]
    assert sorted(len(batch.groups) for batch in ranks) == [1, 2]
    assert {group.index for batch in ranks for group in batch.groups} == set(leased.group_indices)
    wanted = {sample.index: (list(sample.tokens), list(sample.log_probs)) for sample in whole.samples}
    got = {sample.index: (list(sample.tokens), list(sample.log_probs)) for b in ranks for sample in b.samples}
    assert got == wanted
    for batch in (whole, *ranks):
        advantages = iter(batch.advantages or ())
        for group in batch.groups:
            mean = sum(sample.reward for sample in group.samples) / SAMPLES
            assert [next(advantages) for _ in group.samples] == [sample.reward - mean for sample in group.samples]
    assert trainer.ack(ranks[1], weight_version=1).trained_total == GROUPS
