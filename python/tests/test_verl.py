"""The queue of verl's fully-async policy: it does what verl's does and drops nothing, and groups of a run come in."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import os
import pickle
import subprocess
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import ROOT, Cluster
from millrace import verl
from millrace.verl import Local, MessageQueue, MessageQueueClient, Source

VERL = "verl==0.9.1"
NEEDED = ("tensordict==0.10.0", "pyvers==0.2.3", "orjson==3.13.0", "omegaconf==2.4.0")
"""Of what verl needs, what its batches do, besides PyTorch."""
LIMIT = 30.0


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, LIMIT))


class Behaviour:
    """What a rollouter and a trainer of verl's see of either."""

    def client(self, size: int) -> Any:
        return MessageQueueClient(Local(MessageQueue(None, size)))

    def test_samples_come_in_the_order_in_which_they_were_put(self) -> None:
        client = self.client(3)

        async def rollouts() -> list[Any]:
            assert [await client.put_sample(sample) for sample in (b"a", b"b", None)] == [True] * 3
            assert await client.get_queue_size() == 3
            return [await client.get_sample() for _ in range(3)]

        assert run(rollouts()) == [(b"a", 2), (b"b", 1), (None, 0)]
        assert client.get_queue_size_sync() == 0

    def test_who_takes_waits_for_a_sample(self) -> None:
        client = self.client(3)

        async def rollouts() -> Any:
            taking = asyncio.create_task(client.get_sample())
            await client.get_queue_size()
            assert not taking.done()
            await client.put_sample(b"late")
            return await taking

        assert run(rollouts()) == (b"late", 0)

    def test_a_shutdown_ends_the_waiting(self) -> None:
        client = self.client(3)

        async def rollouts() -> Any:
            await client.put_sample(b"left")
            taking = [asyncio.create_task(client.get_sample()) for _ in range(2)]
            await client.get_statistics()
            await client.shutdown()
            return await asyncio.gather(*taking)

        assert run(rollouts()) == [(b"left", 0), None]
        assert client.get_sample_sync() is None

    def test_statistics_and_memory(self) -> None:
        client = self.client(3)

        async def rollouts() -> Any:
            for _ in range(2):
                await client.put_sample(bytes(1000))
            await client.get_sample()
            return await client.get_statistics(), await client.get_memory_usage()

        statistics, memory = run(rollouts())
        expected = {"queue_size": 1, "total_produced": 2, "total_consumed": 1, "dropped_samples": 0}
        assert statistics == expected | {"max_queue_size": 3} == client.get_statistics_sync()
        assert set(memory) == {"queue_samples", "estimated_memory_bytes", "estimated_memory_mb"}
        assert (memory["queue_samples"], memory["estimated_memory_bytes"] >= 1000) == (1, True)

    def test_validation_has_a_queue_of_its_own(self) -> None:
        client = self.client(1)

        async def rollouts() -> None:
            assert await client.put_validate("first") is None
            await client.put_validate("second")
            await client.put_sample(b"a")
            await client.clear_queue()
            assert await client.get_queue_size() == 0

        run(rollouts())
        assert [client.get_validate_sync() for _ in range(3)] == ["first", "second", None]


class TestMillraces(Behaviour):
    def test_who_puts_into_a_full_queue_waits_and_nothing_is_dropped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("millrace.verl.client.LONGEST_PAUSE", 0.05)
        client = self.client(2)

        async def rollouts() -> list[Any]:
            # More than an actor of verl's takes calls at once.
            putting = [asyncio.create_task(client.put_sample(number)) for number in range(50)]
            taken = [await client.get_sample() for _ in range(50)]
            assert await asyncio.gather(*putting) == [True] * 50
            assert all(left <= 2 for _, left in taken)
            return sorted(sample for sample, _ in taken)

        assert run(rollouts()) == list(range(50))
        assert client.get_statistics_sync()["dropped_samples"] == 0

    def test_who_waits_to_put_is_let_go_by_a_shutdown(self) -> None:
        client = self.client(1)

        async def rollouts() -> Any:
            await client.put_sample(b"a")
            putting = asyncio.create_task(client.put_sample(b"b"))
            await client.get_statistics()
            await client.shutdown()
            return await putting

        assert run(rollouts()) is False

    def test_a_queue_without_room_is_refused(self) -> None:
        with pytest.raises(ValueError, match="max_queue_size must be at least 1, was 0"):
            MessageQueue(None, 0)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """verl's module, out of its wheel, with as much of Ray as it needs."""
    folder = tmp_path_factory.mktemp("verl")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), VERL]
    subprocess.run(command, check=True, timeout=600)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        path = Path(archive.extract("verl/experimental/fully_async_policy/message_queue.py", folder))
    ray, omegaconf = types.ModuleType("ray"), types.ModuleType("omegaconf")

    def remote(**_: Any) -> Callable[[type], type]:
        return lambda actor: actor

    vars(ray).update(remote=remote, get=lambda call: call.future().result())
    vars(omegaconf).update(DictConfig=dict)
    spec = importlib.util.spec_from_file_location("verl_message_queue", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = {name: sys.modules.get(name) for name in ("ray", "omegaconf")}
    sys.modules |= {"ray": ray, "omegaconf": omegaconf}
    try:
        spec.loader.exec_module(module)
    finally:
        for name, was in before.items():
            if was is None:
                del sys.modules[name]
            else:
                sys.modules[name] = was
    return module


@pytest.mark.thorough
class TestTheirs(Behaviour):
    """The same of verl's own, so that it is verl's behaviour that Millrace's has."""

    @pytest.fixture(autouse=True)
    def use(self, theirs: Any) -> None:
        self.theirs = theirs

    def client(self, size: int) -> Any:
        return self.theirs.MessageQueueClient(Local(self.theirs.MessageQueue(None, size)))

    def test_it_drops_the_oldest_when_it_is_full(self) -> None:
        client = self.client(2)

        async def rollouts() -> Any:
            assert [await client.put_sample(sample) for sample in (b"a", b"b", b"c")] == [True, True, False]
            return await client.get_sample()

        assert run(rollouts()) == (b"b", 1)

    def test_their_client_works_with_millraces_queue(self) -> None:
        client = self.theirs.MessageQueueClient(Local(MessageQueue(None, 2)))

        async def rollouts() -> Any:
            assert [await client.put_sample(sample) for sample in (b"a", b"b", b"c")] == [True, True, False]
            return await client.get_sample()

        assert run(rollouts()) == (b"a", 1)

    @pytest.mark.parametrize("name", ["MessageQueue", "MessageQueueClient"])
    def test_every_method_is_there_with_its_parameters(self, name: str) -> None:
        ours, theirs = getattr(verl, name), getattr(self.theirs, name)
        for method, function in inspect.getmembers(theirs, inspect.isfunction):
            if method.startswith("_") and method != "__init__":
                continue
            mine = getattr(ours, method)
            assert inspect.iscoroutinefunction(mine) == inspect.iscoroutinefunction(function), method
            wanted, has = list(inspect.signature(function).parameters), list(inspect.signature(mine).parameters)
            # What is beyond can be left out.
            assert has[: len(wanted)] == wanted, method
            more = list(inspect.signature(mine).parameters.values())[len(wanted) :]
            assert all(parameter.default is not parameter.empty for parameter in more), method


@pytest.mark.thorough
def test_verls_trainer_takes_the_groups(tmp_path: Path) -> None:
    """In the environment of the real vLLM, which has PyTorch: verl_assemble.py."""
    made = subprocess.run([str(ROOT / "scripts" / "setup-vllm")], check=True, stdout=subprocess.PIPE, text=True)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", str(tmp_path)]
    python = made.stdout.strip()
    subprocess.run([python, *install, VERL, *NEEDED], check=True, timeout=600)
    here = Path(__file__).parent
    path = os.pathsep.join(str(folder) for folder in (tmp_path, ROOT / "python" / "src", here))
    command = [python, str(here / "verl_assemble.py")]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.mark.thorough
def test_groups_of_a_run_are_trained_once_also_when_the_actor_is_made_anew(cluster: Cluster) -> None:
    """verl's trainer takes six groups a step, of two steps of the run, and moves weights after each."""
    cluster.start_run("verl", {"batch_groups": 3, "samples_per_group": 2, "pipeline_depth": 2, "steps_per_version": 2})

    async def train(client: MessageQueueClient, steps: int, version: int, taken: int = 0) -> list[str]:
        groups = []
        await client.updated(version)
        for after in range(version + 1, version + steps + 1):
            for _ in range(6):
                sample, _ = await client.get_sample()  # type: ignore[misc]
                group = pickle.loads(sample)
                assert all(len(one) for one in group["responses"])
                assert max(group["max_global_steps"]) < after
                groups.append(group["uid"])
            await client.updating()
            await client.updated(after)
        for _ in range(taken):
            await client.get_sample()
        await client.shutdown()
        return groups

    source = Source(cluster.trainer, required_samples=6)
    first = run(train(MessageQueueClient(Local(MessageQueue(None, 20, source))), 2, 0, taken=2))
    # Its process is gone, with two groups that it had taken and not trained.
    second = run(train(MessageQueueClient(Local(MessageQueue(None, 20, source))), 1, 2))
    assert len({*first, *second}) == 18
    status = cluster.status()
    assert (status["next_step"], status["trained"], status["weight_version"]) == (6, 18, 3)
    cluster.end("worker")
    cluster.end("producer")
    assert cluster.audit()["findings"] == []
