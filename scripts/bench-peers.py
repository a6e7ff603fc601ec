"""Other ways to do what Millrace does, measured on the same payloads and prompts: bench-peers.py [--only NAME,...]

    transport  groups written, read, and read while they are written at a steady pace, through a Redis stream (a pickle
               an entry, read one by one), a file of JSON lines, and an HTTP server of JSON
    loops      a rollout loop that looks each second which groups are done, the same with a bound on samples in place of
               one on groups, and one that waits for each batch, with an engine that takes the times of a workload

The forms are those of PipelineRL's streams, Atropos' API server and slime's fully asynchronous rollout; the code is
this file's own and leaves out what they do beside it, so it is no slower than theirs. A line of JSON for each arm of
each round. Needs numpy, orjson and redis (scripts/setup-bench) and a redis-server on the PATH; without one its arm is
left out, with a word on stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import http.client
import http.server
import json
import math
import multiprocessing
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson
import redis

SAMPLES = 8
VOCABULARY = 151_936
GAMMA = 0x9E3779B97F4A7C15
FORK = multiprocessing.get_context("fork")

Group = list[dict[str, Any]]
Figures = dict[str, float]


def say(bench: str, arm: str, figures: Figures) -> None:
    print(json.dumps({"bench": bench, "arm": arm, "figures": figures}), flush=True)


def draws(seed: int, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The first values of Java's new SplittableRandom(seed).nextDouble()."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed % 2**64) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def payload(number: int, tokens: int) -> Group:
    """The group of that number as Millrace's own benchmark has it, in the form of PipelineRL's training texts."""
    count = SAMPLES * tokens
    values = draws(1_000_003 * number + 42, 2 * count + SAMPLES)
    ids = (values[:count] * VOCABULARY).astype(np.int64)
    log_probs = (0.5 * np.log(1 - values[count : 2 * count])).astype(np.float32).astype(np.float64)
    group = []
    for i in range(SAMPLES):
        mine = ids[i * tokens : (i + 1) * tokens].tolist()
        letters = [chr(97 + t % 26) + chr(97 + t // 26 % 26) + chr(97 + t // 676 % 26) + " " for t in mine]
        group.append(
            {
                "text": "".join(letters),
                "n_predicted": tokens,
                "reward": 0.0 if values[2 * count + i] < 0.5 else 1.0,
                "logprobs": log_probs[i * tokens : (i + 1) * tokens].tolist(),
                "ref_logprobs": [],
                "input_ids": mine,
                "labels": list(mine),
                "group_id": str(number),
                "finished": True,
                "prompt_tokens": 0,
                "output_tokens": tokens,
                "visual_features": None,
                "metadata": {"model_version": 0, "rollout_index": i, "step_index": 0, "begun_ns": 0},
            }
        )
    return group


def scored(group: Group) -> dict[str, Any]:
    """The same in the form of Atropos' scored data."""
    return {
        "tokens": [sample["input_ids"] for sample in group],
        "masks": [sample["input_ids"] for sample in group],
        "scores": [sample["reward"] for sample in group],
        "inference_logprobs": [sample["logprobs"] for sample in group],
        "env_id": 0,
        "group_overrides": {},
    }


class Transport(Protocol):
    name: str

    def begin(self) -> None:
        """Nothing written yet."""

    def write(self, groups: Iterator[Group]) -> int:
        """Returns how many bytes."""

    def read(self) -> Iterator[Any]:
        """Groups for ever, waiting for those to come."""

    def share(self) -> float:
        """Of the groups that the fastest can do in the same time."""


class RedisStream:
    """Entries of one stream with an index that must have no gap; a reader of its own, without a group."""

    name = "Redis stream, pickle"

    def __init__(self, folder: Path) -> None:
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.port = int(any_port.getsockname()[1])
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)]
        # As PipelineRL starts it: a snapshot each hour at most, nothing between.
        command += ["--save", "3600 1", "--appendonly", "no"]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.client().ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise OSError("redis-server does not answer")

    def client(self) -> Any:
        return redis.Redis("127.0.0.1", self.port)

    def begin(self) -> None:
        self.client().delete("actor")

    def write(self, groups: Iterator[Group]) -> int:
        client, written = self.client(), 0
        for index, group in enumerate(groups):
            data = pickle.dumps(group)
            client.xadd("actor", {"index": index, "data": data}, maxlen=1_000_000, approximate=True)
            written += len(data)
        return written

    def read(self) -> Iterator[Any]:
        client, last, index = self.client(), b"0", 0
        while True:
            for _, entries in client.xread({"actor": last}, count=1, block=100) or ():
                for at, entry in entries:
                    last = at
                    if int(entry[b"index"]) != index:
                        raise ValueError(f"entry {entry[b'index']} where {index} was due")
                    index += 1
                    yield pickle.loads(entry[b"data"])

    def share(self) -> float:
        return 1.0

    def close(self) -> None:
        # Without a snapshot.
        self.server.kill()
        self.server.wait()


class JsonLines:
    """A file that one appends to and another reads again from where it was, 100 ms after it found nothing."""

    name = "JSON lines in a file"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "actor.jsonl"

    def begin(self) -> None:
        self.file.write_bytes(b"")

    def write(self, groups: Iterator[Group]) -> int:
        written = 0
        with self.file.open("ab") as out:
            for group in groups:
                written += out.write(orjson.dumps(group) + b"\n")
                out.flush()
        return written

    def read(self) -> Iterator[Any]:
        with self.file.open("rb") as lines:
            rest = b""
            while True:
                line = lines.readline()
                if line.endswith(b"\n"):
                    yield json.loads(rest + line)
                    rest = b""
                else:
                    rest += line
                    if not line:
                        time.sleep(0.1)

    def share(self) -> float:
        return 0.25

    def close(self) -> None:
        self.file.unlink(missing_ok=True)


class JsonServer:
    """One process that holds a list: groups posted as packed JSON, all taken at once as packed JSON."""

    name = "HTTP server of JSON"

    def __init__(self) -> None:
        listening = FORK.SimpleQueue()
        self.server = FORK.Process(target=serve, args=(listening,), daemon=True)
        self.server.start()
        self.port = int(listening.get())

    def begin(self) -> None:
        self.ask("GET", "/batch")

    def write(self, groups: Iterator[Group]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        written = 0
        for group in groups:
            # The level that both sides have when nobody says another.
            body = gzip.compress(json.dumps(scored(group)).encode(), 9)
            connection.request("POST", "/scored_data", body, {"Content-Encoding": "gzip"})
            connection.getresponse().read()
            written += len(body)
        connection.close()
        return written

    def read(self) -> Iterator[Any]:
        while True:
            yield from json.loads(gzip.decompress(self.ask("GET", "/batch")))

    def ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path)
        body = connection.getresponse().read()
        connection.close()
        return body

    def share(self) -> float:
        return 0.04

    def close(self) -> None:
        self.server.kill()
        self.server.join()


def serve(listening: Any) -> None:
    held: list[Any] = []
    # One event loop does all in the original.
    turn = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with turn:
                held.append(json.loads(gzip.decompress(body)))
            self.answer(b"{}")

        def do_GET(self) -> None:
            with turn:
                body = gzip.compress(json.dumps(held).encode(), 9)
                held.clear()
            self.answer(body)

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.put(server.server_address[1])
    server.serve_forever()


class Spent:
    """Time and this process' CPU since a moment."""

    def __init__(self) -> None:
        self.begun, self.cpu = time.perf_counter(), time.process_time()

    def figures(self, groups: int, tokens: int, written: int) -> Figures:
        seconds, cpu = time.perf_counter() - self.begun, time.process_time() - self.cpu
        return {
            "groups_per_second": groups / seconds,
            "mb_per_second": written / 1e6 / seconds,
            "cpu_seconds_per_gb": cpu / (written / 1e9),
            "bytes_per_token": written / groups / SAMPLES / tokens,
            "million_tokens_per_second": groups * SAMPLES * tokens / 1e6 / seconds,
        }


def measure_transports(options: argparse.Namespace, transports: list[Any]) -> None:
    for tokens in options.tokens:
        distinct = [payload(number, tokens) for number in range(4)]
        for number in range(options.rounds + 1):
            for transport in transports:
                count = max(4, int(options.megabytes * 1e6 / (9.5 * SAMPLES * tokens) * transport.share()))
                wrote, read = write_and_read(transport, distinct, tokens, count)
                # The first round warms up.
                if number > 0:
                    say(f"publish 8 x {tokens}", transport.name, wrote)
                    say(f"collect 8 x {tokens}", transport.name, read)


def write_and_read(transport: Any, distinct: list[Group], tokens: int, count: int) -> tuple[Figures, Figures]:
    transport.begin()
    spent = Spent()
    written = transport.write(distinct[i % len(distinct)] for i in range(count))
    wrote = spent.figures(count, tokens, written)
    spent = Spent()
    groups = transport.read()
    for _ in range(count):
        next(groups)
    return wrote, spent.figures(count, tokens, written)


def measure_latency(options: argparse.Namespace, transports: list[Any]) -> None:
    tokens = options.tokens[-1]
    distinct = [payload(number, tokens) for number in range(4)]
    for number in range(options.rounds + 1):
        for pace in options.pace:
            for transport in transports:
                figures = latency(transport, distinct, pace, max(6, int(pace * options.seconds)))
                if number > 0:
                    say(f"completed to leased 8 x {tokens}, {pace} groups/s", transport.name, figures)


def latency(transport: Any, distinct: list[Group], pace: int, count: int) -> Figures:
    """From when a group is done, before it is encoded, until another process has it decoded."""

    def paced() -> Iterator[Group]:
        begun = time.monotonic_ns()
        for i in range(count):
            time.sleep(max(0.0, (begun + i * 1_000_000_000 // pace - time.monotonic_ns()) / 1e9))
            group = distinct[i % len(distinct)]
            group[0]["metadata"]["begun_ns"] = time.monotonic_ns()
            yield group

    transport.begin()
    writer = FORK.Process(target=lambda: transport.write(paced()))
    writer.start()
    groups = transport.read()
    ms = []
    for _ in range(count):
        group = next(groups)
        ms.append((time.monotonic_ns() - group[0]["metadata"]["begun_ns"]) / 1e6)
    writer.join()
    return quantiles(ms[count // 6 :])


def quantiles(ms: list[float]) -> Figures:
    ms = sorted(ms)
    return {f"p{share}_ms": ms[min(len(ms) - 1, len(ms) * share // 100)] for share in (50, 99)}


class Engine:
    """256 sample slots, by the log-normal times of a workload whose groups take the mean time on average."""

    SLOTS = 256
    PER_MEAN_GROUP = 2.5123
    """The mean of the longest of 8 such times whose median is 1."""
    PER_MEAN_SAMPLE = 0.4765

    def __init__(self, seed: int, mean: float, bound: bool) -> None:
        values = draws(seed, 2 * 8 * 60_000)
        z = np.sqrt(-2 * np.log(1 - values[0::2])) * np.cos(2 * math.pi * values[1::2])
        self.times = (mean / self.PER_MEAN_GROUP * np.exp(0.6 * z)).tolist()
        self.slots = asyncio.Semaphore(self.SLOTS) if bound else None
        self.next = 0
        self.step = 0
        """That the trainer is at."""
        self.busy: list[tuple[float, float]] = []

    async def group(self) -> tuple[float, int]:
        """When it was done and at which step its first sample began."""
        first = self.next
        self.next += SAMPLES
        steps = await asyncio.gather(*(self.sample(self.times[first + i]) for i in range(SAMPLES)))
        return time.monotonic(), min(steps)

    async def sample(self, seconds: float) -> int:
        if self.slots:
            async with self.slots:
                return await self.generate(seconds)
        return await self.generate(seconds)

    async def generate(self, seconds: float) -> int:
        step, begun = self.step, time.monotonic()
        await asyncio.sleep(seconds)
        self.busy.append((begun, time.monotonic()))
        return step


Done = list[tuple[float, int]]


async def polling(engine: Engine, groups_max: int, batch: Callable[[Done], None]) -> None:
    """Tops groups up each second; a collector takes what is done, 50 ms after it found nothing."""
    done: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    active: set[asyncio.Task[tuple[float, int]]] = set()

    async def top_up() -> None:
        while True:
            active.difference_update([task for task in active if task.done()])
            while len(active) < groups_max and done.qsize() < groups_max:
                task = asyncio.create_task(engine.group())
                task.add_done_callback(lambda ended: done.put_nowait(ended.result()) if not ended.cancelled() else None)
                active.add(task)
            await asyncio.sleep(1)

    worker = asyncio.create_task(top_up())
    try:
        while True:
            collected: Done = []
            while len(collected) < 32:
                if done.empty():
                    await asyncio.sleep(0.05)
                else:
                    collected.append(done.get_nowait())
            batch(collected)
    finally:
        worker.cancel()
        for task in active:
            task.cancel()


async def batch_by_batch(engine: Engine, groups_max: int, batch: Callable[[Done], None]) -> None:
    """Generates a batch, trains it, generates the next."""
    while True:
        batch(list(await asyncio.gather(*(engine.group() for _ in range(groups_max)))))


@dataclass(frozen=True)
class Loop:
    name: str
    run: Callable[[Engine, int, Callable[[Done], None]], Coroutine[Any, Any, None]]
    groups_max: int
    bound: bool
    """Whether samples wait for one of the engine's slots."""


LOOPS = [
    Loop("slime's loop, 32 groups", polling, 32, bound=False),
    Loop("slime's loop, 256 groups and samples", polling, 256, bound=True),
    Loop("synchronous loop, 32 groups", batch_by_batch, 32, bound=False),
]


async def loop_run(loop: Loop, seed: int, mean: float, seconds: float) -> Figures:
    engine = Engine(seed, mean, loop.bound)
    steps: list[tuple[float, list[int]]] = []

    def batch(groups: Done) -> None:
        steps.append((time.monotonic(), [engine.step - began for _, began in groups]))
        engine.step += 1

    begin = time.monotonic() + 2 * mean + 2
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(loop.run(engine, loop.groups_max, batch), 2 * mean + 2 + seconds)
    end = begin + seconds
    trained = [(at, ages) for at, ages in steps if begin <= at < end]
    ages = [age for _, group in trained for age in group]
    busy = sum(max(0.0, min(stop, end) - max(start, begin)) for start, stop in engine.busy)
    groups = 32 * len(trained) / seconds
    return {
        "slots_busy": busy / seconds / Engine.SLOTS,
        "groups_per_second": groups,
        "of_ideal": groups / (Engine.SLOTS / (SAMPLES * Engine.PER_MEAN_SAMPLE * mean)),
        "staleness_mean": sum(ages) / max(1, len(ages)),
        "staleness_max": float(max(ages, default=0)),
    }


def loop_alone(name: str, seed: int, mean: float, seconds: float) -> Figures:
    return asyncio.run(loop_run(next(loop for loop in LOOPS if loop.name == name), seed, mean, seconds))


def measure_loops(options: argparse.Namespace) -> None:
    # They wait almost all the time, so all of them go on side by side, each in a process of its own.
    seeds = range(1, options.rounds + 1)
    with ProcessPoolExecutor(len(LOOPS) * len(seeds), mp_context=FORK) as pool:
        for mean in options.means:
            runs = [
                (loop, pool.submit(loop_alone, loop.name, seed, mean, options.loop_seconds))
                for loop in LOOPS
                for seed in seeds
            ]
            for loop, run in runs:
                say(f"groups of {mean:g} s on 256 slots", loop.name, run.result())


def main() -> None:
    parser = argparse.ArgumentParser(description="Other ways to do what Millrace does, measured.")
    parser.add_argument("--only", default="transport,latency,loops", help="comma separated: transport, latency, loops")
    parser.add_argument("--rounds", type=int, default=5, help="kept of each arm")
    parser.add_argument("--tokens", default="512,2048,8192", help="of a sample; groups have 8")
    parser.add_argument("--megabytes", type=float, default=40, help="that Millrace would write in an arm's round")
    parser.add_argument("--pace", default="4,22", help="groups a second at which latency is measured")
    parser.add_argument("--seconds", type=float, default=3, help="that latency is measured in a round")
    parser.add_argument("--loop-seconds", type=float, default=16, help="that a loop is measured, behind its start")
    parser.add_argument("--means", default="2,0.3", help="seconds that a group takes in the loops")
    options = parser.parse_args()
    options.tokens = [int(one) for one in options.tokens.split(",")]
    options.pace = [int(one) for one in options.pace.split(",")]
    options.means = [float(one) for one in options.means.split(",")]
    only = set(options.only.split(","))
    if not only <= {"transport", "latency", "loops"}:
        parser.error(f"--only: {options.only} must be some of transport, latency, loops")
    with tempfile.TemporaryDirectory() as folder:
        transports: list[Any] = [JsonLines(Path(folder))]
        if shutil.which("redis-server"):
            transports.insert(0, RedisStream(Path(folder)))
        elif only & {"transport", "latency"}:
            print("bench-peers: there is no redis-server on the PATH; its arm is left out", file=sys.stderr)
        # Forked before there are threads.
        over_http = JsonServer()
        try:
            if "transport" in only:
                measure_transports(options, [*transports, over_http])
            if "latency" in only:
                measure_latency(options, transports)
        finally:
            for transport in [*transports, over_http]:
                transport.close()
    if "loops" in only:
        measure_loops(options)


if __name__ == "__main__":
    main()
