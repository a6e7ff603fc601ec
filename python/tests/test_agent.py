"""Agents written for OpenAI's clients train without knowing it: the examples on a real cluster."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import ROOT, START_LIMIT, Cluster, free_port
from millrace import Client, Lease
from millrace.batch import Batch

EXAMPLE = ROOT / "examples" / "agent"
GROUPS = 3
SAMPLES = 2
BATCH = {"batch_groups": GROUPS, "samples_per_group": SAMPLES, "pipeline_depth": 2}


class Agent:
    """A process that may be killed and started again in its place."""

    def __init__(self, folder: Path, *command: str, cwd: Path | None = None) -> None:
        self.port = free_port()
        self.command = [*command, str(self.port)]
        self.said = folder / "agent.log"
        self.cwd = cwd
        self.start()

    def start(self) -> None:
        with self.said.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=subprocess.STDOUT, cwd=self.cwd)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def flags(self) -> list[str]:
        return ["--generator=http", f"--agent-url=http://127.0.0.1:{self.port}/", "--retry-delay-max=1s"]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path, sys.executable, "-u", str(EXAMPLE / "agent.py"))
    yield agent
    agent.kill()


def check(batch: Batch) -> None:
    """Every sample is a question, a call, a tool's answer and an answer; the engine's tokens alone train."""
    assert len(batch.groups) == GROUPS
    for group in batch.groups:
        assert len(group.samples) == SAMPLES
        for sample in group.samples:
            said = sample.header["metadata"]["agent"]
            assert (said["completions"], said["begins"]) == (2, "it is the first")
            mask = list(sample.loss_mask)
            parts = [trained for trained, _ in itertools.groupby(mask)]
            assert parts == [1, 0, 1], "two turns, and what stands between them"
            assert all(p == 0 for p, trained in zip(sample.log_probs, mask, strict=True) if not trained)
            assert sample.response.startswith("<tool_call>")
            assert "\\boxed" in sample.response or sample.status == "truncated"


def train(client: Client, steps: int) -> list[int]:
    trained = []
    for _ in range(steps):
        leased = client.lease(60)
        assert isinstance(leased, Lease), leased
        batch = client.fetch(leased)
        check(batch)
        trained += [group.index for group in batch.groups]
        client.ack(batch)
    return trained


def test_agents_samples_are_trained_each_once_though_their_agent_is_killed(cluster: Cluster, agent: Agent) -> None:
    cluster.start_run("agent", BATCH, *agent.flags)
    end = time.monotonic() + START_LIMIT
    while "POST / " not in agent.said.read_text():  # the first of many that it works on is done
        cluster.check(end, agent.said.read_text())
    agent.kill()
    agent.start()
    trained = train(Client(cluster.trainer), 3)
    assert len(set(trained)) == 3 * GROUPS
    assert "is posted again" in cluster.log("worker")
    cluster.end("worker")
    cluster.end("producer")
    report = cluster.audit()
    assert report["trained"] == 3 * GROUPS, report


@pytest.mark.thorough
def test_an_agent_of_the_client_for_node_is_trained(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "agent.mjs").write_text((EXAMPLE / "agent.mjs").read_text())
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "openai@7.59.0"],
        check=True,
        capture_output=True,
    )
    agent = Agent(tmp_path, "node", str(tmp_path / "agent.mjs"), cwd=tmp_path)
    try:
        cluster.start_run("agent-node", BATCH, *agent.flags)
        train(Client(cluster.trainer), 1)
    finally:
        agent.kill()
