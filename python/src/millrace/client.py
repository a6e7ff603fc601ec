"""The trainer's calls."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from millrace.batch import Asked, Batch, read_batch
from millrace.transport import Answer, ConflictError, Key, LeaseVoidError, ReplacedError, Transport

T = TypeVar("T")


@dataclass(frozen=True)
class Lease:
    """A step that is this trainer's until it is acknowledged."""

    lineage: int
    step: int
    token: str
    """The same when it is leased again, also after a restart of either side."""
    weight_version: int
    """The trainer's at the hand-over."""
    group_indices: tuple[int, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class NotYet:
    """The next step is not full yet."""

    step: int
    have: int
    need: int
    waiting_for: str
    """For people."""


@dataclass(frozen=True)
class Acknowledged:
    """The step's groups are trained, durably."""

    step: int
    next_step: int
    weight_version: int
    trained_total: int
    """Groups, in the run so far."""


@dataclass(frozen=True)
class Policy:
    """What the run's weights are at."""

    lineage: int
    weight_version: int
    """As the trainer calls it."""
    state: str
    """ready, updating or paused: nothing is generated but in the first."""
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Resumed:
    """The run has gone back."""

    lineage: int
    next_step: int
    replay_before: int
    """Steps below it are those that were recorded."""
    weight_version: int


class Client:
    """One trainer of one run. Thread-safe.

    It is in the lineage that the run had when it was made: when another trainer has taken over since, calls raise
    :class:`ReplacedError`. Every call waits for a server that is away, up to the patience, and then raises
    :class:`UnavailableError`.

    :param url: the trainer consumer's
    :param patience: seconds
    :param lineage: of a trainer that knows it, since it resumed; else it is asked for
    :param zstd: batches travel packed, for a link that is slower than packing; needs Python 3.14 or ``zstandard``
    :param key: what opens a server that asks for a token, or has a certificate of one's own; else of the environment
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 300.0,
        lineage: int | None = None,
        zstd: bool = False,
        key: Key | None = None,
    ) -> None:
        self._transport = Transport(url, patience, zstd, key)
        self._unreadable = ""
        self.lineage: int = int(self.status()["lineage"]) if lineage is None else lineage

    def status(self) -> dict[str, Any]:
        """How the run stands, as the server tells it."""
        return self._transport.call("GET", "/v1/status")[1]

    def lease(self, wait: float = 30.0, step: int | None = None) -> Lease | NotYet:
        """The step that is due: the open one again, or the next when it is full within the wait.

        :param wait: seconds, 60 at most
        :param step: this one, which may be ahead of the one that is due by as many as the server's ``lease-ahead``
        """
        wait_ms = int(min(wait, 60.0) * 1000)
        path = f"/v1/steps/{'next' if step is None else step}/lease?lineage={self.lineage}&wait_ms={wait_ms}"
        status, body = self._mine(lambda: self._transport.call("POST", path, wait=wait))
        if status != 200:
            return NotYet(body["step"], body["have"], body["need"], str(body.get("waiting_for", "")))
        return Lease(
            lineage=body["lineage"],
            step=body["step"],
            token=body["lease"],
            weight_version=body["weight_version"],
            group_indices=tuple(body["group_indices"]),
            warnings=tuple(body.get("warnings") or ()),
        )

    def fetch(self, lease: Lease, *, rank: int = 0, world: int = 1, advantages: str | None = None) -> Batch:
        """The batch, whole; what comes cut off or incomplete is asked for again, and at last is an error.

        :param rank: from 0: only the groups of this data-parallel rank of ``world``, whole groups, each with one rank.
            One of the ranks acknowledges, for all, when all have trained
        :param advantages: "std" or "mean": with those of each group, normalised or only centred
        :raises LeaseVoidError: the step was leased anew
        :raises ConflictError: the same lease came again and still cannot be read: a recorded step whose results the
            broker has lost. The message says where to resume
        """

        def read(answer: Answer) -> Batch:
            return read_batch(
                answer.body,
                lease.token,
                lease.weight_version,
                lease.group_indices,
                Asked(rank, world, advantages is not None),
            )

        path = f"/v1/steps/{lease.step}/batch?format=safetensors&lease={quote(lease.token)}"
        path += f"&rank={rank}&world={world}" if world != 1 or rank != 0 else ""
        path += f"&advantages={quote(advantages)}" if advantages is not None else ""
        try:
            return self._leased(lambda: self._transport.exchange("GET", path, read))
        except LeaseVoidError as e:
            if self._unreadable == lease.token:
                raise ConflictError(str(e), vars(e)) from e
            self._unreadable = lease.token
            raise

    def ack(self, batch: Batch, weight_version: int | None = None, checkpoint_step: int | None = None) -> Acknowledged:
        """The batch is trained. The same again is answered the same.

        :param weight_version: what its training led to, when all engines serve it; None when weights stay as they are
        :param checkpoint_step: the step at which the newest durable checkpoint resumes
        :raises LeaseVoidError: the step was leased anew: what was trained does not count
        """
        body = _given(lease=batch.lease, weight_version=weight_version, checkpoint_step=checkpoint_step)
        path = f"/v1/steps/{batch.step}/ack"
        _, answer = self._leased(lambda: self._transport.call("POST", path, body))
        return Acknowledged(answer["step"], answer["next_step"], answer["weight_version"], answer["trained_total"])

    def policy(self) -> Policy:
        return _policy(self._transport.call("GET", "/v1/policy")[1])

    def updating(self) -> Policy:
        """The engines get new weights now: workers hold until an acknowledgement or :meth:`ready` names them."""
        return self._announce("updating", None)

    def paused(self) -> Policy:
        return self._announce("paused", None)

    def ready(self, weight_version: int | None = None) -> Policy:
        """All engines serve this version. One lower than the run's begins a count anew, in a lineage of its own.

        :param weight_version: None for the one before
        """
        policy = self._announce("ready", weight_version)
        self.lineage = policy.lineage
        return policy

    def _announce(self, state: str, weight_version: int | None) -> Policy:
        body = _given(lineage=self.lineage, state=state, weight_version=weight_version)
        return _policy(self._mine(lambda: self._transport.call("POST", "/v1/policy", body))[1])

    def resume(
        self, step: int, *, mode: str = "replay", weight_version: int | None = None, lineage: int | None = None
    ) -> Resumed:
        """Goes back to the checkpoint at a step, in a lineage of its own. Then :meth:`ready`, once engines serve it.

        :param mode: replay for the recorded batches again, fresh for new ones
        :param weight_version: what the trainer calls the checkpoint's weights
        :param lineage: the one that this opens; one above the client's unless given
        """
        opened = self.lineage + 1 if lineage is None else lineage
        body = _given(step=step, mode=mode, lineage=opened, weight_version=weight_version)
        _, answer = self._transport.call("POST", "/v1/resume", body)
        self.lineage = answer["lineage"]
        return Resumed(answer["lineage"], answer["next_step"], answer["replay_before"], answer["weight_version"])

    def evaluate(
        self,
        data_sets: Sequence[Mapping[str, Any]] | None = None,
        *,
        eval_id: str | None = None,
        weight_version: int | None = None,
        time_limit: float | None = None,
    ) -> dict[str, Any]:
        """Asks for an evaluation, which goes on beside training; the answer has its ``eval_id``.

        :param data_sets: with name, path and more; those of the server's settings when None
        :param eval_id: the same id is the same evaluation; made up when None, once for all tries
        :param weight_version: begins when engines serve it
        :param time_limit: seconds
        """
        body = _given(
            eval_id=eval_id or f"eval-{uuid.uuid4()}",
            data_sets=None if data_sets is None else [dict(one) for one in data_sets],
            lineage=None if weight_version is None else self.lineage,
            weight_version=weight_version,
            time_limit_ms=None if time_limit is None else int(time_limit * 1000),
        )
        return self._transport.call("POST", "/v1/evaluations", body)[1]

    def evaluation(self, eval_id: str) -> dict[str, Any]:
        """How it stands: ``state``, and ``report`` when it has ended."""
        return self._transport.call("GET", f"/v1/evaluations/{quote(eval_id, safe='')}")[1]

    def evaluation_samples(self, eval_id: str, data_set: str | None = None) -> list[dict[str, Any]]:
        """What it is made of, as far as it has come: of each finished prompt ``data_set``, ``place`` and ``samples``.

        :param data_set: the only one that is wanted; needed where all are too large to come at once
        """

        def read(answer: Answer) -> list[dict[str, Any]]:
            return [json.loads(line) for line in bytes(answer.body).splitlines()]

        query = "" if data_set is None else f"?data_set={quote(data_set, safe='')}"
        return self._transport.exchange("GET", f"/v1/evaluations/{quote(eval_id, safe='')}/samples{query}", read)

    def cancel_evaluation(self, eval_id: str) -> dict[str, Any]:
        return self._transport.call("DELETE", f"/v1/evaluations/{quote(eval_id, safe='')}")[1]

    def _mine(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ConflictError as e:
            if e.lineage is not None and e.lineage != self.lineage:
                raise ReplacedError(str(e), vars(e)) from e
            raise

    def _leased(self, call: Callable[[], T]) -> T:
        try:
            return self._mine(call)
        except ReplacedError:
            raise
        except ConflictError as e:
            raise LeaseVoidError(str(e), vars(e)) from e


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _policy(body: Mapping[str, Any]) -> Policy:
    return Policy(body["lineage"], body["weight_version"], body["state"], tuple(body.get("warnings") or ()))
