"""A whole cluster on this machine, as a user starts it: broker, stand-in engine, producer, worker, trainer consumer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("TEST_MILLRACE", str(ROOT / "scripts" / "millrace"))
START_LIMIT = 120.0


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


class Cluster:
    """Of one run after the other; each process's output is a file in the folder."""

    problems = ROOT / "sandbox" / "data" / "math-problems.jsonl"
    producer: tuple[str, ...] = (f"--dataset={problems}", "--reward-type=math", "--max-new-tokens=256")
    worker: tuple[str, ...] = ("--slots=12",)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: dict[str, list[str]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.bootstrap = f"127.0.0.1:{free_port()}"
        self.engine_port = free_port()
        self.engine = f"http://127.0.0.1:{self.engine_port}"
        self.trainer = ""
        self.run = ""

    def start(self) -> None:
        if COMMAND.startswith(str(ROOT)):
            # Once, and not by each process that starts.
            subprocess.run([str(ROOT / "scripts" / "build")], check=True)
        port = self.bootstrap.rpartition(":")[2]
        self.spawn("broker", "broker", f"--kafka-port={port}", f"--data-dir={self.folder / 'broker'}")
        self.spawn_engine()
        self.wait(f"{self.engine}/health")
        self.wait_for_port(int(port))

    def spawn_engine(self) -> None:
        self.spawn(
            "engine",
            "engine",
            f"--engine-port={self.engine_port}",
            "--latency=lognormal",
            "--latency-median=150ms",
            f"--answers={self.problems}",
        )

    def start_run(self, run: str, batch: dict[str, int], *worker: str, **trainer: str) -> None:
        """:param batch: what producer and trainer consumer must have the same of
        :param worker: further flags of the worker"""
        self.run = run
        both = [f"--run={run}", f"--bootstrap={self.bootstrap}"]
        same = [f"--{name.replace('_', '-')}={value}" for name, value in batch.items()]
        port = free_port()
        self.trainer = f"http://127.0.0.1:{port}"
        more = [f"--{name.replace('_', '-')}={value}" for name, value in trainer.items()]
        self.spawn("trainer", "trainer", *both, *same, f"--trainer-port={port}", *more)
        self.spawn("producer", "producer", *both, *same, *self.producer)
        own = ["--worker-id=w1", f"--engine-url={self.engine}", *self.worker]
        self.spawn("worker", "worker", *both, *own, *worker)
        self.wait(f"{self.trainer}/v1/status")

    def restart_trainer(self) -> None:
        """As after kill -9, on the same port."""
        process = self.processes["trainer"]
        process.kill()
        process.wait()
        self.processes["trainer"] = self._popen(f"{self.run}-trainer", self.commands["trainer"])
        self.wait(f"{self.trainer}/v1/status")

    def spawn(self, name: str, *command: str) -> None:
        self.spawn_program(name, COMMAND, *command)

    def spawn_program(self, name: str, *command: str) -> None:
        self.commands[name] = list(command)
        self.processes[name] = self._popen(f"{self.run}-{name}", self.commands[name])

    def _popen(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True
            )

    def wait(self, url: str) -> None:
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    answer.read()
                    return
            except urllib.error.HTTPError as e:
                trouble = str(e)
            except OSError as e:
                trouble = str(e)
            self.check(end, f"{url}: {trouble}")

    def wait_for_port(self, port: int) -> None:
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                return
            except OSError as e:
                trouble = str(e)
            self.check(end, f"port {port}: {trouble}")

    def check(self, end: float, trouble: str) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = (self.folder / f"{self.run if name not in ('broker', 'engine') else ''}-{name}.log").read_text()
                raise AssertionError(f"{name} has ended with {process.returncode}: {log[-3000:]}")
        if time.monotonic() > end:
            raise AssertionError(trouble)
        time.sleep(0.2)

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.trainer}/v1/status", timeout=30) as answer:
            status: dict[str, Any] = json.load(answer)
            return status

    def log(self, name: str) -> str:
        return (self.folder / f"{self.run}-{name}.log").read_text()

    def audit(self) -> dict[str, Any]:
        """The independent account of the run, once producer and worker have ended; fails when it has a finding."""
        command = [COMMAND, "audit", f"--run={self.run}", f"--bootstrap={self.bootstrap}", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def end_run(self) -> None:
        for name in ("trainer", "worker", "producer"):
            self.end(name)

    def end(self, name: str) -> None:
        process = self.processes.pop(name, None)
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self) -> None:
        self.end_run()
        self.end("engine")
        self.end("broker")
