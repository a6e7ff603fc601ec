"""What the pages in docs/ tell a user to type does what they say: examples are taken from the page and run.

Others are held elsewhere: docs/AGENTS.md by DocumentedGeneratorTest, docs/DATASETS.md by DataSetsDocTest, the table of
math in docs/REWARDS.md by MathPairsTest, docs/SLIME.md by test_slime_loop.py.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys
import types
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pages
import pytest
from blobs import ACK, BATCH, LEASE
from cluster import ROOT, Cluster, free_port
from conftest import Reply, Script
from millrace.verl import Local, MessageQueueClient, RolloutSamples, plain_sample

URL = "http://127.0.0.1:9400"
GROUPS, SAMPLES = 64, 1


@pytest.fixture
def server(script: Script) -> Script:
    """A trainer consumer with one step."""
    script.on("GET /v1/status", Reply(body={"lineage": 2, "next_step": 7, "batch_groups": 2, "finished": 3}))
    for step in ("next", "7"):
        script.on(f"POST /v1/steps/{step}/lease", Reply(body=LEASE))
    script.on("POST /v1/steps/8/lease", Reply(202, {"step": 8, "have": 0, "need": 2, "waiting_for": "workers"}))
    script.on("GET /v1/steps/7/batch", Reply(body=BATCH))
    script.on("POST /v1/steps/7/ack", Reply(body=ACK))
    return script


class Remote:
    """A method of an actor."""

    def __init__(self, method: Any) -> None:
        self.remote = method


class Role:
    """verl's rollouter or trainer, as far as the example calls it."""

    def __init__(self) -> None:
        self.client: Any = None
        self.set_message_queue_client = Remote(lambda client: setattr(self, "client", client))


def verl(url: str, monkeypatch: pytest.MonkeyPatch) -> MessageQueueClient:
    """What verl's trainer has when docs/VERL.md's example was run: with Ray's actors in this process."""

    class Actor:
        def __init__(self, made: type) -> None:
            self.remote = lambda *arguments: Local(made(*arguments))

    ray = types.ModuleType("ray")
    vars(ray).update(remote=lambda **_: Actor, get=lambda answer: answer)
    monkeypatch.setitem(sys.modules, "ray", ray)
    # The padding needs verl and PyTorch: verl_assemble.py holds it.
    monkeypatch.setattr(RolloutSamples, "__call__", lambda _, batch, group: plain_sample(batch, group))
    rollouter, trainer = Role(), Role()
    names = {
        "config": None,
        "max_queue_size": 5,
        "tokenizer": types.SimpleNamespace(pad_token_id=0),
        "rollouter": rollouter,
        "trainer": trainer,
    }
    exec(pages.changed(pages.code("VERL.md", "python"), {URL: url}), names)
    assert rollouter.client is trainer.client
    assert isinstance(trainer.client, MessageQueueClient)
    return trainer.client


@contextmanager
def atropos(url: str, folder: Path) -> Iterator[str]:
    """The server of docs/ATROPOS.md's command; its own URL."""
    (command,) = pages.commands("ATROPOS.md", "millrace.atropos")
    port = free_port()
    words = {URL: url, "8000": str(port), "python/src": str(ROOT / "python" / "src"), "python3": sys.executable}
    process = subprocess.Popen(["bash", "-c", f"exec env {pages.changed(command, words)}"], cwd=folder)
    try:
        waiting = Cluster(folder)
        waiting.processes["atropos"] = process
        waiting.wait(f"http://127.0.0.1:{port}/status")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def register(url: str, batch_size: int) -> None:
    body = {"wandb_group": "", "wandb_project": "", "batch_size": batch_size, "max_token_len": 64}
    body |= {"checkpoint_dir": "", "save_checkpoint_interval": 5, "starting_step": 0, "num_steps": 5}
    answer = ask(f"{url}/register", body)
    assert "uuid" in answer, answer


def ask(url: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_verls_queue_gives_a_runs_groups(server: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    client = verl(server.url, monkeypatch)
    (sample, _) = client.get_sample_sync()  # type: ignore[misc]
    assert sample
    asyncio.run(client.shutdown())


def test_verls_queue_is_one_without_ray_too() -> None:
    example = "MessageQueueClient(Local(MessageQueue(config, 100)))"
    assert f"`{example}`" in pages.text("VERL.md")
    names: dict[str, Any] = {"config": None}
    exec("from millrace.verl import *", names)
    client = eval(example, names)
    assert client.get_queue_size_sync() == 0


def test_atropos_trainers_get_a_batch_from_the_command(server: Script, tmp_path: Path) -> None:
    with atropos(server.url, tmp_path) as url:
        register(url, 4)
        assert len(ask(f"{url}/batch")["batch"]) == 2


def test_the_programs_of_rewards_judge() -> None:
    (worker,) = (line for line in pages.commands("REWARDS.md", "scripts/millrace") if "--scorer-command" in line)
    words = shlex.split(worker)
    scorer = shlex.split(words[words.index("--scorer-command") + 1])
    assert scorer[0] == "python"
    question = {"id": 7, "prompt": "1+1", "response": "2", "label": "2", "metadata": {}, "group_index": 0, "index": 0}
    done = subprocess.run(
        [sys.executable, *scorer[1:]],
        input=json.dumps(question | {"response_length": 1, "status": "completed", "evaluation": False}) + "\n",
        cwd=ROOT / "examples" / "rewards",
        env={"PYTHONPATH": str(ROOT / "python" / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert json.loads(done.stdout) == {"id": 7, "reward": 0.999}, done.stderr


def test_trls_trainer_is_given_what_the_page_says(script: Script, tmp_path: Path) -> None:
    class Trainer:
        def __init__(self, model: Any, **given: Any) -> None:
            self.given = {"model": model} | given

        def train(self, **given: Any) -> None:
            self.given |= given

    args = types.SimpleNamespace(output_dir=str(tmp_path))
    names = {"AsyncGRPOTrainer": Trainer, "model": "m", "args": args, "prompts": [], "model_folder": str(tmp_path)}
    exec(pages.changed(pages.code("TRL.md", "python", "import"), {URL: script.url}), names)
    given = names["trainer"].given  # type: ignore[attr-defined]
    # As examples/trl-grpo gives them to TRL itself, which test_trl_real.py starts.
    assert given["rollout_worker"] is names["rollouts"]
    assert given["callbacks"] == [names["rollouts"]]
    assert given["resume_from_checkpoint"] is None


def curl(page: str, having: str, folder: Path, words: dict[str, str]) -> Any:
    """What the page's command with these words answers; a status of 400 and above is a failure."""
    (command,) = (line for line in pages.commands(page, "curl") if having in line)
    changed = pages.changed(command, words).replace("curl ", "curl -sS --fail-with-body ", 1)
    done = subprocess.run(["bash", "-c", changed], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{changed}: {done.stdout} {done.stderr}"
    return json.loads(done.stdout) if done.stdout.strip() else None


def groups(batch: Path) -> list[int]:
    """Of a batch in the safetensors form, without the package: a header's length, and the header."""
    content = batch.read_bytes()
    data = 8 + int.from_bytes(content[:8], "little")
    start, end = json.loads(content[8:data])["header"]["data_offsets"]
    return [group["group_index"] for group in json.loads(content[data + start : data + end])["groups"]]


@pytest.mark.thorough
def test_the_commands_work_on_a_run(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as the pages tell: the trainer's API, engines, verl, Atropos."""
    port = free_port()
    batch = {"batch_groups": GROUPS, "samples_per_group": SAMPLES, "pipeline_depth": 3}
    cluster.start_run("pages", batch, f"--ops-port={port}", lease_ahead="1")
    own = {URL: cluster.trainer}
    assert curl("TRAINER_API.md", "/openapi.json", tmp_path, own)["openapi"].startswith("3.1")
    assert curl("TRAINER_API.md", "/v1/status", tmp_path, own)["lineage"] == 0
    leased = curl("TRAINER_API.md", "/lease?", tmp_path, own)
    assert leased["step"] == 0
    step = own | {"steps/7": "steps/0", "TOKEN": leased["lease"]}
    curl("TRAINER_API.md", "-o batch.safetensors", tmp_path, step)
    assert len(groups(tmp_path / "batch.safetensors")) == GROUPS
    curl("TRAINER_API.md", "rank=3", tmp_path, step)
    assert set(groups(tmp_path / "mine.safetensors")) < set(groups(tmp_path / "batch.safetensors"))
    normalised = curl("TRAINER_API.md", "advantages=std", tmp_path, step)
    assert normalised["advantages"] == [[0.0] * SAMPLES] * GROUPS
    curl("TRAINER_API.md", "/ack", tmp_path, step | {": 8}": ": 1}"})

    engines = {"http://127.0.0.1:9402": f"http://127.0.0.1:{port}"}
    added = curl("ENGINES.md", "-X POST", tmp_path, engines)
    assert "10.0.0.7:30000" in json.dumps(added)
    taken = curl("ENGINES.md", "-X DELETE", tmp_path, engines | {"10.0.0.3": "10.0.0.7"})
    assert "10.0.0.7:30000" not in json.dumps(taken)
    assert cluster.engine in json.dumps(taken)

    client = verl(cluster.trainer, monkeypatch)
    asyncio.run(client.updated(1))
    for _ in range(GROUPS):
        (sample, _left) = client.get_sample_sync()  # type: ignore[misc]
        assert sample
    asyncio.run(client.updating())
    asyncio.run(client.updated(2))
    asyncio.run(client.shutdown())
    assert cluster.status()["next_step"] >= 2

    with atropos(cluster.trainer, tmp_path) as url:
        register(url, GROUPS * SAMPLES)
        assert len(ask(f"{url}/batch")["batch"]) == GROUPS
