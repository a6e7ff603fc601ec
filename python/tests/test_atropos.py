"""Atropos' trainers over leases, asked as atroposlib's own client asks."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from blobs import ACK, BATCH, LEASE
from conftest import Reply, Script
from millrace import Client
from millrace.atropos import Adapter, handler

LEASED = "POST /v1/steps/next/lease"
ACKED = "POST /v1/steps/7/ack"
NEXT = LEASE | {"step": 8, "lease": "2-8-00000000000000ac"}
NOT_YET = Reply(202, {"step": 8, "have": 0, "need": 2, "waiting_for": "workers", "waiting_since_ms": 1})
REGISTRATION = {
    "wandb_group": "",
    "wandb_project": "",
    "batch_size": 4,
    "max_token_len": 64,
    "checkpoint_dir": "",
    "save_checkpoint_interval": 5,
    "starting_step": 0,
    "num_steps": 5,
}


class Server:
    def __init__(self, adapter: Adapter) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(adapter))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.server_port}{path}", content, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def server(script: Script, state: Path) -> Iterator[Server]:
    script.on("GET /v1/status", Reply(body={"lineage": 2, "next_step": 7, "batch_groups": 2, "finished": 3}))
    script.on(LEASED, Reply(body=LEASE))
    script.on("GET /v1/steps/7/batch", Reply(body=BATCH))
    script.on(ACKED, Reply(body=ACK))
    server = Server(Adapter(Client(script.url, patience=5), state))
    yield server
    server.stop()


def test_a_group_is_as_atropos_trainers_read_it(server: Server) -> None:
    assert server.ask("/info") == (200, {"batch_size": -1, "max_token_len": -1})
    assert server.ask("/batch")[1]["message"] == "Trainer not registered. Call /register first."
    assert "uuid" in server.ask("/register", REGISTRATION)[1]
    assert server.ask("/info") == (200, {"batch_size": 4, "max_token_len": 64})
    assert server.ask("/status") == (200, {"current_step": 7, "queue_size": 3})
    first, second = server.ask("/batch")[1]["batch"]
    assert first["tokens"] == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]
    assert first["masks"] == [[-100, -100, 2, 3, 4], [-100, -100, 7, 8]]
    assert first["inference_logprobs"][1] == [1.0, 1.0, -3 / 8, -4 / 8]
    assert (first["scores"], second["scores"]) == ([1.0, 0.0], [1.0, 1.0])


def test_who_asks_again_after_there_was_none_has_trained(server: Server, script: Script) -> None:
    server.ask("/register", REGISTRATION)
    assert len(server.ask("/batch")[1]["batch"]) == 2
    # Trainers ask until there is none, and train then.
    assert server.ask("/batch") == (200, {"batch": None})
    assert script.asked(ACKED) == []
    script.on(LEASED, Reply(body=LEASE), NOT_YET)
    assert server.ask("/batch") == (200, {"batch": None})
    assert [request.body for request in script.asked(ACKED)] == [{"lease": LEASE["lease"], "weight_version": 6}]


def test_a_trainer_that_registers_anew_gets_what_the_one_before_had(server: Server, script: Script) -> None:
    server.ask("/register", REGISTRATION)
    first = server.ask("/batch")
    server.ask("/batch")
    server.ask("/register", REGISTRATION)
    assert server.ask("/batch") == first
    assert script.asked(ACKED) == []


def test_a_batch_is_not_handed_over_twice_by_a_server_that_was_killed(
    server: Server, script: Script, state: Path
) -> None:
    server.ask("/register", REGISTRATION)
    server.ask("/batch")
    server.ask("/batch")
    after = Server(Adapter(Client(script.url, patience=5), state))
    try:
        script.on(LEASED, Reply(body=LEASE), NOT_YET)
        assert after.ask("/batch") == (200, {"batch": None})
    finally:
        after.stop()
    assert len(script.asked(ACKED)) == 1


def test_a_batch_that_was_leased_anew_comes_again(server: Server, script: Script) -> None:
    server.ask("/register", REGISTRATION)
    server.ask("/batch")
    server.ask("/batch")
    script.on(ACKED, Reply(409, {"error": "no", "lineage": 2, "step": 7, "weight_version": 5, "state": "ready"}))
    script.on(LEASED, Reply(body=LEASE), Reply(body=LEASE | {"lease": "2-7-00000000000000ff"}))
    assert len(server.ask("/batch")[1]["batch"]) == 2


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (REGISTRATION | {"batch_size": 3}, 400, "batch_size must be the samples of a step: 2 groups"),
        (REGISTRATION | {"batch_size": "4"}, 422, "batch_size must be a whole number"),
        ({"batch_size": 4}, 422, "missing in the registration: max_token_len"),
        ([], 400, "must be a JSON object"),
    ],
)
def test_a_registration_that_does_not_fit_is_refused(server: Server, body: Any, status: int, says: str) -> None:
    code, answer = server.ask("/register", body)
    assert (code, says in answer["detail"]) == (status, True), answer


def test_a_step_of_another_size_than_was_registered_is_an_error(server: Server) -> None:
    server.ask("/register", REGISTRATION | {"batch_size": 8})
    assert server.ask("/batch")[1]["message"] == "a step has 4 samples, registered was a batch_size of 8"


def test_environments_are_told_where_they_belong(server: Server) -> None:
    for path in ("/register-env", "/scored_data", "/scored_data_list"):
        status, answer = server.ask(path, {})
        assert (status, "docs/ATROPOS.md" in answer["detail"]) == (501, True)


def test_a_page_of_another_site_takes_no_batch(server: Server, script: Script) -> None:
    server.ask("/register", REGISTRATION)
    server.ask("/batch")
    server.ask("/batch")
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example:80"}):
        assert server.ask("/batch", **headers)[0] == 403
    assert script.asked(ACKED) == []
