"""Atropos' HTTP API for its trainers, over a run of Millrace: ``python -m millrace.atropos --url http://HOST:9400``.

A trainer written for Atropos registers and asks for batches as it does there; each is a leased step, so that nothing is
lost and no batch is replaced by a newer one. See docs/ATROPOS.md.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import threading
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from millrace.batch import Batch, Group, Sample
from millrace.client import Client, NotYet
from millrace.transport import LeaseVoidError, MillraceError, ReplacedError, UnavailableError

log = logging.getLogger("millrace.atropos")

WAIT = 5.0
"""Seconds that a trainer's request waits for a step; atroposlib's gives up after 10."""
BODY_BYTES_MAX = 1 << 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MASKED = -100
NO_LOG_PROB = 1.0
"""In place of the log-probability of a token that is not trained on."""
REGISTRATION = ("batch_size", "max_token_len", "starting_step", "num_steps", "save_checkpoint_interval")
ENVIRONMENTS = (
    "environments do not post their groups to Millrace: a group has an account from its prompt on, so what makes groups"
    " is a generator of its workers; see docs/ATROPOS.md"
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    step: int | None = None
    """The step that it hands over."""


class Adapter:
    """What Atropos' server keeps, and where a batch is that was handed over. Thread-safe.

    The protocol has no acknowledgement, and its trainers ask until there is no batch before they train on those they
    got. So behind each batch the next request is told that there is none, and the one after that comes from a trainer
    that has trained: it acknowledges. What was handed over is in a file before it goes out, so that this holds when
    this process is killed too; what did not go out whole, and what a trainer had that registers anew, comes again.

    :param state: the file
    :param steps_per_version: batches that lead to a weight version; 0 when they lead to none
    """

    def __init__(self, client: Client, state: Path, steps_per_version: int = 1) -> None:
        self._client = client
        self._file = state
        self._steps_per_version = steps_per_version
        self._lock = threading.Lock()
        self._state: dict[str, Any] = {"registration": None, "served": None, "told": False}
        if state.exists():
            self._state |= json.loads(state.read_text())
        self._batch: Batch | None = None

    def register(self, body: dict[str, Any]) -> Answer:
        """A trainer begins. What another one was handed and has not come back for is handed over again."""
        missing = [
            name for name in (*REGISTRATION, "wandb_group", "wandb_project", "checkpoint_dir") if name not in body
        ]
        if missing:
            return refused(422, f"missing in the registration: {', '.join(missing)}")
        for name in REGISTRATION:
            if isinstance(body[name], bool) or not isinstance(body[name], int):
                return refused(422, f"{name} must be a whole number, was {body[name]!r}")
        groups = int(self._client.status()["batch_groups"])
        if body["batch_size"] < groups or body["batch_size"] % groups:
            return refused(
                400,
                f"batch_size must be the samples of a step: {groups} groups (--batch-groups) times --samples-per-group,"
                f" was {body['batch_size']}",
            )
        with self._lock:
            self._keep(registration=body, served=None, told=False)
        return Answer(200, {"uuid": uuid.uuid4().int})

    def batch(self) -> Answer:
        """The next step's groups, and behind them once that there are none; then the step is acknowledged."""
        with self._lock:
            registration = self._state["registration"]
            if registration is None:
                return Answer(200, error("Trainer not registered. Call /register first."))
            if self._state["served"] is not None and not self._state["told"]:
                self._keep(told=True)
                return Answer(200, {"batch": None})
            try:
                return self._next(registration["batch_size"])
            except ReplacedError as e:
                return Answer(200, error(f"another trainer has taken over the run: {e}"))
            except UnavailableError as e:
                return refused(503, str(e))

    def _next(self, batch_size: int) -> Answer:
        while True:
            leased = self._client.lease(WAIT)
            if isinstance(leased, NotYet):
                return Answer(200, {"batch": None})
            try:
                if self._batch is None or self._batch.lease != leased.token:
                    self._batch = self._client.fetch(leased)
                if self._state["served"] == leased.token:
                    self._acknowledge(self._batch)
                    continue
            except LeaseVoidError:
                log.warning("step %d was leased anew: its training did not count", leased.step)
                self._batch = None
                continue
            samples = len(self._batch.samples)
            if samples != batch_size:
                return Answer(200, error(f"a step has {samples} samples, registered was a batch_size of {batch_size}"))
            # Before it goes out: a process that is killed behind it must not hand it over twice.
            self._keep(served=leased.token, told=False)
            return Answer(200, {"batch": [scored(group) for group in self._batch.groups]}, leased.step)

    def _acknowledge(self, batch: Batch) -> None:
        per = self._steps_per_version
        version = batch.weight_version + 1 if per and (batch.step + 1) % per == 0 else None
        self._client.ack(batch, weight_version=version)
        self._batch = None
        self._keep(served=None, told=False)

    def not_delivered(self, step: int) -> None:
        """The trainer did not take all of it."""
        with self._lock:
            if self._batch is not None and self._batch.step == step:
                log.warning("step %d did not reach the trainer whole, it is handed over again", step)
                self._keep(served=None, told=False)

    def info(self) -> Answer:
        registration = self._state["registration"] or {}
        return Answer(200, {name: registration.get(name, -1) for name in ("batch_size", "max_token_len")})

    def wandb_info(self) -> Answer:
        registration = self._state["registration"] or {}
        return Answer(200, {"group": registration.get("wandb_group"), "project": registration.get("wandb_project")})

    def status(self) -> Answer:
        """Where the run is, and how many finished groups wait."""
        status = self._client.status()
        return Answer(200, {"current_step": status["next_step"], "queue_size": status["finished"]})

    def _keep(self, **changes: Any) -> None:
        self._state |= changes
        part = self._file.with_name(self._file.name + ".part")
        with part.open("w") as file:
            json.dump(self._state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._file)


def scored(group: Group) -> dict[str, Any]:
    """A group as Atropos' trainers read it."""
    return {
        "tokens": [list(sample.tokens) for sample in group.samples],
        "masks": [_masks(sample) for sample in group.samples],
        "scores": [sample.reward for sample in group.samples],
        "inference_logprobs": [_log_probs(sample) for sample in group.samples],
        "advantages": None,
        "ref_logprobs": None,
        "messages": None,
        "generation_params": None,
        "overrides": None,
        "group_overrides": {"group_index": group.index},
        "images": None,
        "env_id": 0,
        "distill_token_ids": None,
        "distill_logprobs": None,
    }


def _masks(sample: Sample) -> list[int]:
    trained = zip(sample.response_tokens, sample.loss_mask, strict=True)
    return [MASKED] * sample.prompt_length + [token if mask else MASKED for token, mask in trained]


def _log_probs(sample: Sample) -> list[float]:
    trained = zip(sample.log_probs, sample.loss_mask, strict=True)
    return [NO_LOG_PROB] * sample.prompt_length + [value if mask else NO_LOG_PROB for value, mask in trained]


def error(message: str) -> dict[str, Any]:
    """What atroposlib's client raises with."""
    return {"status": "error", "message": message, "batch": []}


def refused(status: int, why: str) -> Answer:
    return Answer(status, {"detail": why, "status": "error", "message": why})


def handler(adapter: Adapter, loopback: bool = True) -> type[BaseHTTPRequestHandler]:
    reads = {
        "/": lambda: Answer(200, {"message": "Millrace with Atropos' API"}),
        "/batch": adapter.batch,
        "/info": adapter.info,
        "/status": adapter.status,
        "/wandb_info": adapter.wandb_info,
    }
    environments = ("/register-env", "/scored_data", "/scored_data_list", "/disconnect-env", "/status-env")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            self._answer(lambda path: reads[path]() if path in reads else None)

        def do_POST(self) -> None:
            self._answer(lambda path: adapter.register(self._body()) if path == "/register" else None)

        def _is_page(self) -> bool:
            """Of another site: asking for a batch acknowledges one, which no page may do unseen."""
            name = (self.headers.get("Host") or "").rpartition(":")[0].strip("[]")
            site = self.headers.get("Sec-Fetch-Site") or "none"
            return "Origin" in self.headers or site != "none" or (loopback and name not in LOOPBACK)

        def _answer(self, find: Any) -> None:
            path = self.path.partition("?")[0]
            try:
                if self._is_page():
                    answer = refused(403, "the request is a page's, or names a host that is not this server")
                else:
                    answer = refused(501, ENVIRONMENTS) if path in environments else find(path)
                answer = answer or refused(404, f"no {self.command} {path} here")
            except ValueError as e:
                answer = refused(400, str(e))
            except UnavailableError as e:
                answer = refused(503, str(e))
            except MillraceError as e:
                answer = refused(500, str(e))
            content = json.dumps(answer.body).encode()
            # What a refused request has left unread would be taken for the next one.
            self.close_connection = self.close_connection or answer.status != 200
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
            except OSError:
                self.close_connection = True
                if answer.step is not None:
                    adapter.not_delivered(answer.step)

        def _body(self) -> dict[str, Any]:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= BODY_BYTES_MAX:
                raise ValueError(f"a body has at most {BODY_BYTES_MAX} bytes, this one {length}")
            body = json.loads(self.rfile.read(length))
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            return body

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            log.debug(format, *args)

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m millrace.atropos", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9400", help="of the trainer consumer")
    parser.add_argument("--host", default="127.0.0.1", help="to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--state", type=Path, default=Path("millrace-atropos.json"), help="outlives this process")
    parser.add_argument(
        "--steps-per-version", type=int, default=1, help="batches that lead to a weight version; 0: none is announced"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    adapter = Adapter(Client(options.url), options.state, options.steps_per_version)
    server = ThreadingHTTPServer((options.host, options.port), handler(adapter, options.host in LOOPBACK))
    log.info("Atropos' API on http://%s:%d", options.host, server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    main()
