"""A process that calls in the order of slime's train.py or train_async.py (624b824a8), with all around it made up: the
weights are the list of the groups that they were trained on, pushing them is the engine's pause, version, continue.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import threading
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def router(engine: str) -> int:
    """What slime's router answers when it is asked for its engines."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps({"workers": [{"id": "1", "url": engine}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class DataSource:
    """slime calls its save after the model's."""

    def save(self, rollout_id: int) -> None:
        pass


class Loop:
    """Actor and rollout manager; the latter is serial, as a Ray actor is."""

    def __init__(self, function: str, plan: dict[str, Any]) -> None:
        """:param function: as after --rollout-function-path"""
        module, _, name = function.rpartition(".")
        self.generate_rollout = getattr(importlib.import_module(module), name)
        self.plan = plan
        self.folder = Path(plan["folder"])
        self.checkpoint = self.folder / "checkpoint.json"
        saved: dict[str, Any] = json.loads(self.checkpoint.read_text()) if self.checkpoint.exists() else {}
        self.start: int = saved.get("rollout", -1) + 1
        self.trained: list[list[Any]] = saved.get("trained", [])
        self.version = 0
        self.manager = ThreadPoolExecutor(1)
        self.data_source = DataSource()
        self.args = SimpleNamespace(
            millrace_resume_mode=plan.get("resume_mode"),
            sglang_router_ip="127.0.0.1",
            sglang_router_port=router(plan["engine"]) if plan.get("router", True) else None,
            update_weights_interval=plan.get("interval", 1),
            eval_datasets=[SimpleNamespace(**one) for one in plan.get("eval_datasets", [])],
            eval_reward_key=None,
            reward_key=None,
        )

    def note(self, **line: Any) -> None:
        with (self.folder / "journal.jsonl").open("a") as journal:
            journal.write(json.dumps(line) + "\n")

    def die(self, when: str) -> None:
        """As after kill -9: nothing is said to anyone."""
        if when in self.plan.get("die", []):
            self.note(died=when)
            os._exit(9)

    def update_weights(self) -> None:
        self.version += 1
        engine = self.plan["engine"]
        post(f"{engine}/pause_generation", {})
        post(f"{engine}/update_weight_version", {"new_version": str(self.version), "abort_all_requests": True})
        post(f"{engine}/continue_generation", {})

    def generate(self, rollout_id: int) -> Future[Any]:
        return self.manager.submit(self.generate_rollout, self.args, rollout_id, self.data_source, evaluation=False)

    def train(self, rollout_id: int, output: Any) -> None:
        with urllib.request.urlopen(f"{self.plan['trainer']}/v1/status", timeout=30) as answer:
            status = json.load(answer)
        assert status["next_step"] <= rollout_id, f"rollout {rollout_id} is acknowledged before it is trained: {status}"
        groups = [group[0].group_index for group in output.samples]
        for group in output.samples:
            for sample in group:
                assert len(sample.rollout_log_probs) == len(sample.loss_mask) == sample.response_length
                assert sample.status.value in ("completed", "truncated")
        assert groups == sorted(groups)
        self.trained.append([rollout_id, groups])
        self.note(rollout=rollout_id, groups=groups, version=self.version, metrics=output.metrics)
        self.die(f"trained {rollout_id}")

    def save(self, rollout_id: int) -> None:
        if (rollout_id + 1) % int(self.plan.get("save_interval", 1)) and rollout_id + 1 != self.plan["rollouts"]:
            return
        beside = self.checkpoint.with_suffix(".new")
        beside.write_text(json.dumps({"rollout": rollout_id, "trained": self.trained}))
        beside.replace(self.checkpoint)
        self.die(f"model saved {rollout_id}")
        self.manager.submit(self.data_source.save, rollout_id).result()
        self.die(f"saved {rollout_id}")

    def evaluate(self, rollout_id: int) -> None:
        if self.args.eval_datasets:
            output = self.manager.submit(
                self.generate_rollout, self.args, rollout_id, self.data_source, evaluation=True
            ).result()
            self.note(
                evaluated=rollout_id,
                data={
                    name: {
                        "rewards": one["rewards"],
                        "truncated": one["truncated"],
                        "indices": [sample.index for sample in one["samples"]],
                        "lengths": [sample.response_length for sample in one["samples"]],
                        "versions": sorted({v for sample in one["samples"] for v in sample.weight_versions}),
                    }
                    for name, one in output.data.items()
                },
            )

    def run(self) -> None:
        self.update_weights()
        for rollout_id in range(self.start, self.plan["rollouts"]):
            if rollout_id == 0:
                self.evaluate(rollout_id)
            output = self.generate(rollout_id).result()
            self.train(rollout_id, output)
            self.save(rollout_id)
            self.update_weights()
            self.die(f"updated {rollout_id}")
            self.evaluate(rollout_id)

    def run_async(self) -> None:
        self.update_weights()
        following: Future[Any] | None = self.generate(self.start)
        output: Any = None
        for rollout_id in range(self.start, self.plan["rollouts"]):
            if following is not None:
                output = following.result()
            if rollout_id + 1 < self.plan["rollouts"]:
                following = self.generate(rollout_id + 1)
            if f"trained {rollout_id}" in self.plan.get("die", []) and following is not None:
                following.result()
            self.train(rollout_id, output)
            self.save(rollout_id)
            if (rollout_id + 1) % self.args.update_weights_interval == 0:
                output = following.result() if following is not None else None
                following = None
                self.update_weights()
                self.die(f"updated {rollout_id}")
            self.evaluate(rollout_id)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    loop = Loop(sys.argv[1], json.loads(sys.argv[2]))
    loop.run_async() if loop.plan["shape"] == "async" else loop.run()
    loop.manager.shutdown()
