"""TRL's own AsyncGRPOTrainer with a real vLLM: twenty optimizer steps, stopped and killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import COMMAND, ROOT, Cluster
from millrace.batch import read_batch, read_safetensors
from millrace.transport import Transport

pytestmark = pytest.mark.thorough

GROUPS, SAMPLES, STEPS = 16, 8, 20
BATCH = {"batch_groups": GROUPS, "samples_per_group": SAMPLES, "pipeline_depth": 2}
LIMIT = 600.0


class RealCluster(Cluster):
    """With a real vLLM and its tiny model."""

    producer = (
        f"--dataset={ROOT / 'examples' / 'tiny-grpo' / 'sums.jsonl'}",
        "--reward-type=f1",
        "--max-new-tokens=5",
        "--skip-special-tokens=true",
    )
    worker = ("--engine=vllm", "--slots=32")

    def spawn_engine(self) -> None:
        self.model = self.folder / "model"
        self.spawn_program(
            "engine",
            str(ROOT / "scripts" / "real-engine"),
            f"--port={self.engine_port}",
            f"--model-dir={self.model}",
            "--fresh",
        )

    def replay(self, step: int, file: Path) -> list[list[float]]:
        """The log-probabilities of the step's samples, as they are recorded."""
        command = [COMMAND, "replay", f"--run={self.run}", f"--bootstrap={self.bootstrap}", f"--step={step}"]
        subprocess.run(
            [*command, "--format=safetensors", f"--output={file}"], check=True, capture_output=True, timeout=120
        )
        blob = bytearray(file.read_bytes())
        form, _ = read_safetensors(blob)
        batch = read_batch(blob, "replayed", form["weight_version"], [one["group_index"] for one in form["groups"]])
        return [list(sample.log_probs) for sample in batch.samples]


class Trl:
    """examples/trl-grpo, started again and again."""

    def __init__(self, cluster: RealCluster, folder: Path, python: str, *more: str) -> None:
        self.folder, self.journal, self.report = folder, folder / "journal.jsonl", folder / "report.json"
        self.checkpoints = folder / "checkpoints"
        self.command = [
            python,
            str(Path(__file__).with_name("trl_oracle.py")),
            str(self.journal),
            f"--trainer-url={cluster.trainer}",
            f"--engine-url={cluster.engine}",
            f"--model-dir={cluster.model}",
            f"--output-dir={self.checkpoints}",
            f"--report={self.report}",
            f"--steps={STEPS}",
            *more,
        ]
        quiet = {"TRL_EXPERIMENTAL_SILENCE": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        self.environment = os.environ | quiet | {"PYTHONPATH": str(ROOT / "python" / "src")}

    def run(self, how: signal.Signals | None = None, after: int = STEPS) -> None:
        """To its end, or until the signal that it gets when so many steps are trained."""
        with (self.folder / "trl.log").open("ab") as output:
            process = subprocess.Popen(self.command, env=self.environment, stdout=output, stderr=subprocess.STDOUT)
        end = time.monotonic() + LIMIT
        while process.poll() is None and (how is None or self.steps() < after):
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)
        if how is not None:
            assert process.poll() is None, self.log()
            process.send_signal(how)
        code = process.wait(LIMIT)
        assert code == (-signal.SIGKILL if how is signal.SIGKILL else 0), self.log()

    def steps(self) -> int:
        return len(json.loads(self.report.read_text())["steps"]) if self.report.exists() else 0

    def log(self) -> str:
        return (self.folder / "trl.log").read_text()[-6000:]

    def trained(self) -> dict[int, list[list[float]]]:
        """What the weights were trained on, by optimizer step: a process that trains one again began before it."""
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        last = {line["step"]: line["process"] for line in lines}
        trained: dict[int, list[list[float]]] = {}
        for line in lines:
            if line["process"] == last[line["step"]]:
                trained.setdefault(line["step"], []).extend(line["samples"])
        return trained


@pytest.fixture(scope="module")
def python() -> str:
    """Of TRL and vLLM; installed where it is not."""
    made = subprocess.run([str(ROOT / "scripts" / "setup-trl")], check=True, stdout=subprocess.PIPE, text=True)
    return made.stdout.strip()


@pytest.fixture(scope="module")
def machines(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:  # noqa: ARG001 - first
    cluster = RealCluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(machines: RealCluster) -> Iterator[RealCluster]:
    # What the weights are called that a new run begins with.
    Transport(machines.engine, LIMIT).exchange("POST", "/update_weight_version", lambda _: None, {"new_version": "0"})
    yield machines
    machines.end_run()


def counted(samples: list[list[float]]) -> Counter[tuple[float, ...]]:
    return Counter(tuple(log_probs) for log_probs in samples if log_probs)


def test_twenty_steps_train_every_group_once_through_a_stop_and_kills(
    cluster: RealCluster, tmp_path: Path, python: str
) -> None:
    cluster.start_run("trl", BATCH)
    trl = Trl(cluster, tmp_path, python)
    trl.run(signal.SIGTERM, 3)
    stopped = trl.steps()
    trl.run(signal.SIGKILL, stopped + 4)
    trl.run(signal.SIGKILL, STEPS - 4)
    trl.run()

    report: dict[str, Any] = json.loads(trl.report.read_text())
    groups = [index for step in report["steps"] for index in step["group_indices"]]
    assert len(groups) == len(set(groups)) == STEPS * GROUPS
    assert (report["failed_steps"], report["starts"]) == (0, 4)
    # What reached the model in the steps that led to these weights is what is on record of them, sample for sample.
    trained = trl.trained()
    assert sorted(trained) == list(range(STEPS))
    for step, samples in trained.items():
        assert counted(samples) == counted(cluster.replay(step, tmp_path / "step")), step
    status = cluster.status()
    assert (status["next_step"], status["trained"]) == (STEPS, STEPS * GROUPS)
    # A stop comes after a checkpoint: nothing is trained again.
    assert status["lineage"] == 3
    assert report["replayed"] <= 10
    cluster.end("worker")
    cluster.end("producer")
    audit = cluster.audit()
    assert audit["findings"] == [], audit


def test_steps_of_as_many_samples_as_fit_train_every_sample_once(
    cluster: RealCluster, tmp_path: Path, python: str
) -> None:
    cluster.start_run("budget", BATCH)
    trl = Trl(cluster, tmp_path, python, "--token-budget=96", "--save-steps=3")
    trl.run(signal.SIGKILL, 4)
    trl.run()

    status = cluster.status()
    steps = status["next_step"]
    assert 4 < steps < STEPS
    trained = counted([sample for samples in trl.trained().values() for sample in samples])
    recorded = counted([sample for step in range(steps) for sample in cluster.replay(step, tmp_path / "step")])
    assert trained >= recorded
    # What is trained besides is of the step that is leased, and the checkpoint has it.
    state = json.loads((trl.checkpoints / f"checkpoint-{STEPS}" / "trainer_state.json").read_text())
    part = [entry for entry in state["stateful_callbacks"]["millrace"]["open"] if not entry["whole"]]
    assert (trained - recorded).total() <= sum(len(entry["trained"]) for entry in part)
    assert part == [] or part[0]["step"] == steps
    cluster.end("worker")
    cluster.end("producer")
    assert cluster.audit()["findings"] == []
