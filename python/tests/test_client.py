import socket
from collections.abc import Callable

import pytest
from blobs import ACK, BATCH, CONFLICT, FORM, LEASE, blob
from conftest import Reply, Script
from millrace import (
    BadBatchError,
    Batches,
    Client,
    ConflictError,
    Lease,
    LeaseVoidError,
    MillraceError,
    NotYet,
    RefusedError,
    ReplacedError,
    UnavailableError,
)

LEASED = "POST /v1/steps/next/lease"
FETCHED = "GET /v1/steps/7/batch"
ACKED = "POST /v1/steps/7/ack"


def client(script: Script, patience: float = 10.0) -> Client:
    script.on(LEASED, Reply(body=LEASE))
    script.on(FETCHED, Reply(body=BATCH))
    script.on(ACKED, Reply(body=ACK))
    return Client(script.url, patience=patience)


def lease(client: Client) -> Lease:
    leased = client.lease()
    assert isinstance(leased, Lease)
    return leased


def test_a_step_is_leased_fetched_and_acknowledged(script: Script) -> None:
    trainer = client(script)
    leased = lease(trainer)
    batch = trainer.fetch(leased)
    done = trainer.ack(batch, weight_version=6, checkpoint_step=7)
    assert script.asked(LEASED)[0].path.endswith("?lineage=2&wait_ms=30000")
    assert script.asked(FETCHED)[0].path.endswith(f"?format=safetensors&lease={LEASE['lease']}")
    assert script.asked(ACKED)[0].body == {"lease": LEASE["lease"], "weight_version": 6, "checkpoint_step": 7}
    assert script.asked(ACKED)[0].headers["Content-Type"] == "application/json"
    assert (done.next_step, done.trained_total) == (8, 9)


def test_a_step_that_is_not_full_says_what_it_waits_for(script: Script) -> None:
    trainer = client(script)
    script.on(LEASED, Reply(202, {"step": 7, "have": 3, "need": 4, "waiting_for": "workers", "waiting_since_ms": 1}))
    assert trainer.lease(wait=0.5) == NotYet(7, 3, 4, "workers")
    assert script.asked(LEASED)[0].path.endswith("wait_ms=500")


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(503, {"error": "the queue waits for a broker"}, {"Retry-After": "0"}),
        Reply(500, {"error": "unexpected"}),
        Reply(429, {"error": "too many"}),
        Reply(hang_up=True),
        Reply(body=ACK, cut_at=5),
    ],
)
def test_what_did_not_come_to_pass_for_certain_is_asked_again(script: Script, trouble: Reply) -> None:
    trainer = client(script)
    batch = trainer.fetch(lease(trainer))
    script.on(ACKED, trouble, trouble, Reply(body=ACK))
    assert trainer.ack(batch).next_step == 8
    bodies = [request.body for request in script.asked(ACKED)]
    assert bodies == [bodies[0]] * 3


def test_a_server_that_asks_for_time_is_given_it(script: Script) -> None:
    trainer = client(script, patience=0.5)
    script.on(LEASED, Reply(503, {"error": "busy"}, {"Retry-After": "1"}))
    with pytest.raises(UnavailableError, match="busy"):
        trainer.lease()
    assert len(script.asked(LEASED)) == 1


def test_a_server_that_never_answers_is_given_up_with_its_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UnavailableError, match="ConnectionRefusedError"):
            Client(f"http://127.0.0.1:{unused.getsockname()[1]}", patience=0.05)


def test_a_batch_that_is_cut_off_is_fetched_again(script: Script) -> None:
    trainer = client(script)
    script.on(FETCHED, Reply(body=BATCH, cut_at=len(BATCH) - 1), Reply(body=BATCH, cut_at=0), Reply(body=BATCH))
    assert trainer.fetch(lease(trainer)).step == 7
    assert len(script.asked(FETCHED)) == 3


def test_a_batch_that_is_not_whole_is_never_acknowledged(script: Script) -> None:
    trainer = client(script)
    script.on(FETCHED, Reply(body=blob(FORM | {"groups": FORM["groups"][:1]})))
    batches = Batches(trainer)
    with pytest.raises(BadBatchError, match="leased were"):
        batches.next()
    with pytest.raises(MillraceError, match="no batch"):
        batches.ack(6)
    assert len(script.asked(FETCHED)) == 3
    assert script.asked(ACKED) == []


def test_a_server_of_another_kind_is_told(script: Script) -> None:
    script.on("GET /v1/status", Reply(body=b"<html>"))
    with pytest.raises(ValueError, match="Expecting value"):
        Client(script.url)
    script.on("GET /v1/status", Reply(404, b"<html>"))
    with pytest.raises(RefusedError, match="html"):
        Client(script.url)


def test_a_wrong_request_is_made_once(script: Script) -> None:
    trainer = client(script)
    script.on(LEASED, Reply(400, {"error": "wait_ms must be a whole number"}))
    with pytest.raises(RefusedError, match="whole number") as refused:
        trainer.lease()
    assert refused.value.status == 400
    assert len(script.asked(LEASED)) == 1


@pytest.mark.parametrize("what", ["lease", "fetch", "ack", "updating"])
def test_a_trainer_that_was_replaced_learns_it(script: Script, what: str) -> None:
    trainer = client(script)
    batch = trainer.fetch(lease(trainer))
    for path in (LEASED, FETCHED, ACKED, "POST /v1/policy"):
        script.on(path, Reply(409, CONFLICT | {"lineage": 3, "step": 4}))
    calls: dict[str, Callable[[], object]] = {
        "lease": trainer.lease,
        "fetch": lambda: trainer.fetch(Lease(2, 7, "x", 5, (4, 5), ())),
        "ack": lambda: trainer.ack(batch),
        "updating": trainer.updating,
    }
    with pytest.raises(ReplacedError) as replaced:
        calls[what]()
    assert (replaced.value.lineage, replaced.value.step, replaced.value.state) == (3, 4, "ready")


def test_a_void_lease_is_told_from_a_successor(script: Script) -> None:
    trainer = client(script)
    batch = trainer.fetch(lease(trainer))
    script.on(ACKED, Reply(409, CONFLICT))
    with pytest.raises(LeaseVoidError):
        trainer.ack(batch, weight_version=6)


def test_a_lease_that_comes_again_unread_is_an_error_and_not_asked_for_for_ever(script: Script) -> None:
    """A recorded step whose results are lost: leasing it again gives the same lease."""
    trainer = client(script)
    gone = CONFLICT | {"error": "the recorded step cannot be replayed; resume at step 7 with mode fresh"}
    script.on(FETCHED, Reply(409, gone))
    with pytest.raises(LeaseVoidError):
        trainer.fetch(lease(trainer))
    with pytest.raises(ConflictError, match="mode fresh") as caught:
        trainer.fetch(lease(trainer))
    assert not isinstance(caught.value, LeaseVoidError)


def test_states_of_the_weights_are_announced_in_the_lineage(script: Script) -> None:
    trainer = client(script)
    answer = {"lineage": 2, "weight_version": 5, "version_offset": 0, "state": "updating", "warnings": []}
    script.on("POST /v1/policy", Reply(body=answer), Reply(body=answer | {"lineage": 3, "state": "ready"}))
    assert trainer.updating().state == "updating"
    assert trainer.ready(1).lineage == 3
    assert trainer.lineage == 3
    bodies = [request.body for request in script.asked("POST /v1/policy")]
    assert bodies == [{"lineage": 2, "state": "updating"}, {"lineage": 2, "state": "ready", "weight_version": 1}]


def test_a_resumption_opens_one_lineage_however_often_it_is_asked(script: Script) -> None:
    trainer = client(script)
    answer = {"lineage": 3, "next_step": 4, "replay_before": 7, "weight_version": 4}
    script.on("POST /v1/resume", Reply(hang_up=True), Reply(body=answer))
    assert trainer.resume(4).replay_before == 7
    assert [request.body["lineage"] for request in script.asked("POST /v1/resume")] == [3, 3]
    assert trainer.lineage == 3


def test_an_evaluation_is_one_however_often_it_is_asked(script: Script) -> None:
    trainer = client(script)
    script.on("POST /v1/evaluations", Reply(503, {"error": "no broker"}), Reply(202, {"eval_id": "x"}))
    assert trainer.evaluate([{"name": "held-out", "path": "x.jsonl"}], weight_version=6, time_limit=2.5) == {
        "eval_id": "x"
    }
    first, second = (request.body for request in script.asked("POST /v1/evaluations"))
    assert first == second
    assert (first["lineage"], first["time_limit_ms"]) == (2, 2500)
    script.on("GET /v1/evaluations/a%2Fb", Reply(body={"state": "done"}))
    assert trainer.evaluation("a/b")["state"] == "done"
    script.on("DELETE /v1/evaluations/x", Reply(body={"state": "cancelled"}))
    assert trainer.cancel_evaluation("x")["state"] == "cancelled"
    assert script.requests[-1].headers["Content-Type"] == "application/json"


def test_an_unknown_evaluation_is_an_error(script: Script) -> None:
    with pytest.raises(RefusedError, match="404"):
        client(script).evaluation("none")


def test_a_loop_gets_batches_until_they_are_acknowledged(script: Script) -> None:
    trainer = client(script)
    script.on(LEASED, Reply(202, {"step": 7, "have": 0, "need": 2}), Reply(body=LEASE))
    waits: list[NotYet] = []
    batches = Batches(trainer, waiting=waits.append)
    for batch in batches:
        done = batches.ack(weight_version=batch.weight_version + 1)
        assert done is not None
        break
    assert [wait.need for wait in waits] == [2]
    assert script.asked(ACKED)[0].body["weight_version"] == 6


def test_a_batch_that_was_forgotten_is_said_before_it_comes_again(script: Script) -> None:
    batches = Batches(client(script))
    batches.next()
    with pytest.raises(MillraceError, match="step 7 was not acknowledged"):
        batches.next()


def test_a_void_lease_costs_a_loop_its_batch_only(script: Script) -> None:
    trainer = client(script)
    script.on(FETCHED, Reply(409, CONFLICT), Reply(body=BATCH))
    batches = Batches(trainer)
    batches.next()
    script.on(ACKED, Reply(409, CONFLICT), Reply(body=ACK))
    assert batches.ack(6) is None
    assert batches.void == 2
    batches.next()
    assert batches.ack(6) is not None


def test_a_conflict_that_names_no_lineage_is_one(script: Script) -> None:
    trainer = client(script)
    script.on("POST /v1/policy", Reply(409, {"error": "jump"}))
    with pytest.raises(ConflictError, match="jump"):
        trainer.ready(99)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "file:///etc/passwd"])
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Client(url, lineage=0)
