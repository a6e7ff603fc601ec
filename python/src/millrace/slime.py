"""slime's rollout function: ``--rollout-function-path millrace.slime.generate_rollout``, and nothing else changes.

A rollout of slime is a step of the run. slime never says that it has trained one, but it asks for things in an order
that tells: see :class:`_Rollouts`. What slime's own arguments do not say comes from ``args`` as ``millrace_...`` or
from the environment:

- ``MILLRACE_TRAINER_URL``: the trainer consumer's, ``http://127.0.0.1:9400`` unless given;
- ``MILLRACE_FIRST_ROLLOUT``: slime's number of the run's step 0; 0 unless given;
- ``MILLRACE_RESUME_MODE``: what comes after an older checkpoint was loaded: ``replay`` (unless given), the recorded
  batches again, or ``fresh``, new ones;
- ``MILLRACE_PATIENCE``: seconds that a server which is away is waited for, 600 unless given.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import logging
import os
import threading
import time
import urllib.request
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from millrace.batch import Batch, Group, Tensor
from millrace.batch import Sample as BatchSample
from millrace.client import Client, Lease, NotYet
from millrace.transport import ConflictError, MillraceError

log = logging.getLogger(__name__)

WAIT = 30.0
"""Seconds of one request for a step; a line is logged after each."""
ENGINE_LIMIT = 10.0
"""Seconds for the answer of a router or an engine."""
ENGINE_TRIES = 3
EVALUATION_PAUSE = 0.5
"""Seconds between two looks at an evaluation."""


class SampleStatus(Enum):
    PENDING = "pending"
    COMPLETED = "completed"
    TRUNCATED = "truncated"
    ABORTED = "aborted"
    FAILED = "failed"


@dataclass
class Sample:
    """The fields of slime's class of this name, for where slime is not installed."""

    group_index: int | None = None
    index: int | None = None
    rollout_id: int | None = None
    prompt: Any = ""
    tokens: list[int] = field(default_factory=list)
    response: str = ""
    response_length: int = 0
    label: str | None = None
    reward: Any = None
    loss_mask: list[int] | None = None
    weight_versions: list[str] = field(default_factory=list)
    rollout_log_probs: list[float] | None = None
    remove_sample: bool = False
    status: SampleStatus = SampleStatus.PENDING
    metadata: dict[str, Any] = field(default_factory=dict)
    session_id: str | None = None
    non_generation_time: float = 0.0
    spec_info: dict[str, Any] = field(default_factory=dict)
    prefix_cache_info: dict[str, Any] = field(default_factory=dict)

    Status = SampleStatus

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sample:
        sample = cls()
        for name, value in data.items():
            setattr(sample, name, SampleStatus(value) if name == "status" else value)
        return sample


@dataclass
class RolloutFnTrainOutput:
    """Likewise."""

    samples: list[list[Any]]
    metrics: dict[str, Any] | None = None


@dataclass
class RolloutFnEvalOutput:
    """Likewise."""

    data: dict[str, dict[str, Any]]
    metrics: dict[str, Any] | None = None


try:
    from slime.rollout.base_types import RolloutFnEvalOutput as EvalOutput  # type: ignore[import-not-found]
    from slime.rollout.base_types import RolloutFnTrainOutput as TrainOutput
    from slime.utils.types import Sample as SlimeSample  # type: ignore[import-not-found]
except ImportError:
    EvalOutput, TrainOutput, SlimeSample = RolloutFnEvalOutput, RolloutFnTrainOutput, Sample


def generate_rollout(args: Any, rollout_id: int, data_source: Any, evaluation: bool = False) -> Any:
    """What slime calls: the samples of a rollout, or of its evaluation.

    :raises MillraceError: slime is to end, and to be started again from its checkpoint
    """
    with _lock:
        rollouts = _processes.get(os.getpid())
        if rollouts is None:
            rollouts = _processes[os.getpid()] = _Rollouts(args)
        rollouts.watch(args, data_source)
        return rollouts.evaluate(args, rollout_id) if evaluation else rollouts.generate(args, rollout_id, data_source)


class _Rollouts:
    """A trainer from its start to its end, as far as its calls tell.

    Of both loops of slime, when rollout ``k`` is asked for:

    - All rollouts before ``k - 1`` are trained, saved where they were to be saved, and their weights pushed. In
      ``train_async.py`` rollout ``k - 1`` is trained only after ``k`` was asked for; in ``train.py`` it was trained
      before, which shows by the weights: they were pushed once for each rollout, and can have been pushed no more often
      than one was trained.
    - An evaluation of ``k`` that comes after ``k`` was handed out comes after it was trained.
    - slime saves a rollout's checkpoint after it has trained it, and its data source after that. Prompts come from the
      producer, so the data source has nothing else to do; that it is to save itself is what tells.
    - In the first call, all rollouts before ``k`` are in the checkpoint that slime has loaded, and no other is.

    So a step is acknowledged by a later call than the one that it was handed out by, and ``k`` is leased while
    ``k - 1`` is not acknowledged yet.
    """

    def __init__(self, args: Any) -> None:
        self.first_rollout = int(setting(args, "first_rollout", "0"))
        self.client = Client(
            setting(args, "trainer_url", "http://127.0.0.1:9400"), patience=float(setting(args, "patience", "600"))
        )
        self.out: deque[Batch] = deque()
        """Handed out and not acknowledged."""
        self.trained = -1
        """Every step below it is acknowledged; -1 before the first call."""
        self.began = 0
        """The step of the first call."""
        self.first_version: int | None = None
        self.version: int | None = None
        """The newest that was announced."""
        self.checkpoint: int | None = None
        """The step at which the newest checkpoint resumes."""

    def generate(self, args: Any, rollout_id: int, data_source: Any) -> Any:
        begun = time.monotonic()
        step = self._step(rollout_id)
        version = self._begin(args, step)
        again = next((batch for batch in self.out if batch.step == step), None)
        if again is None:
            self._acknowledge(self._trained_before(step, version), version)
        log.info("Millrace: rollout %d is step %d, at weight version %s", rollout_id, step, version)
        batch = again or self._lease(step)
        samples = [[slime_sample(group, sample, args) for sample in group.samples] for group in batch.groups]
        hooked(args, samples, data_source)
        waited = time.monotonic() - begun
        log.info("Millrace: rollout %d: %d groups in %.1f s", rollout_id, len(samples), waited)
        for name, sample in (("first", batch.groups[0].samples[0]), ("last", batch.groups[-1].samples[-1])):
            log.info("%s sample %d: %r reward %s", name, sample.index, sample.response[:200], sample.reward)
        return TrainOutput(samples=samples, metrics=metrics(batch, waited, len(self.out)))

    def evaluate(self, args: Any, rollout_id: int) -> Any:
        step = self._step(rollout_id)
        version = self._begin(args, step)
        if any(batch.step == step for batch in self.out):
            self._acknowledge(step + 1, version)
        data_sets = [eval_data_set(config) for config in getattr(args, "eval_datasets", None) or ()]
        begun = time.monotonic()
        asked = self.client.evaluate(data_sets or None, weight_version=self.version)
        status = self._evaluated(str(asked["eval_id"]))
        figures: dict[str, Any] = {"millrace/eval_seconds": time.monotonic() - begun}
        results = {}
        for report in status["report"]["data_sets"]:
            name = str(report["name"])
            results[name] = eval_result(args, self.client.evaluation_samples(str(asked["eval_id"]), name))
            figures |= {f"millrace/eval/{name}/pass_at_{k}": value for k, value in report["pass_at"].items()}
            unfinished = int(report["groups"]) - int(report["done"])
            figures[f"millrace/eval/{name}/unfinished"] = unfinished
            if unfinished:
                log.warning("Millrace: of evaluation %s %d prompts did not finish: %s", name, unfinished, report)
        return EvalOutput(data=results, metrics=figures)

    def _evaluated(self, eval_id: str) -> dict[str, Any]:
        """Waits for its end."""
        told = time.monotonic()
        while True:
            status = self.client.evaluation(eval_id)
            if status["report"] is not None:
                return status
            if status["state"] not in ("waiting", "running"):
                raise MillraceError(f"evaluation {eval_id} is {status['state']}: {status.get('cause')}")
            if time.monotonic() - told > WAIT:
                told = time.monotonic()
                log.info("Millrace: evaluation %s: %d of %d prompts", eval_id, status["done"], status["groups"])
            time.sleep(EVALUATION_PAUSE)

    def watch(self, args: Any, data_source: Any) -> None:
        """Learns of checkpoints."""
        save = getattr(data_source, "save", None)
        if save is None or isinstance(save, _Save):
            return
        with contextlib.suppress(AttributeError):
            data_source.save = _Save(self, save, bool(getattr(args, "async_save", False)))

    def saved(self, rollout_id: int, *, durable: bool) -> None:
        """:param durable: whether this checkpoint can be loaded by now; the one before can"""
        resumes = self._step(rollout_id) + 1
        if durable:
            self.checkpoint = resumes
        self._acknowledge(resumes, None)
        self.checkpoint = resumes

    def _step(self, rollout_id: int) -> int:
        if rollout_id < self.first_rollout:
            raise MillraceError(f"rollout {rollout_id} is before MILLRACE_FIRST_ROLLOUT, {self.first_rollout}")
        return rollout_id - self.first_rollout

    def _begin(self, args: Any, step: int) -> int | None:
        """The version that all engines have; in the first call of a process the run is brought to its checkpoint."""
        version = engine_version(args)
        if self.trained < 0:
            self._start(args, step, version)
        elif version is None:
            version = self._counted(args)
        return version

    def _counted(self, args: Any) -> int:
        """Where no engine tells: slime counts from 1, and what is trained for certain was pushed."""
        interval = int(getattr(args, "update_weights_interval", None) or 1)
        return int(getattr(args, "update_weight_start_version", 0) or 0) + 1 + (self.trained - self.began) // interval

    def _start(self, args: Any, step: int, version: int | None) -> None:
        status = self.client.status()
        due, out = int(status["next_step"]), int(status["leased"]) // int(status["batch_groups"])
        if step > due + out:
            raise MillraceError(
                f"slime begins at rollout {step + self.first_rollout}, the run is at step {due}: the checkpoint is of"
                " another run, or MILLRACE_FIRST_ROLLOUT is to say which rollout the run's step 0 is"
            )
        # They were handed out by a process that has ended, and the checkpoint has them.
        current = int(status["weight_version"])
        for each in range(due, step):
            leased = self.client.lease(step=each)
            if not isinstance(leased, Lease):
                raise MillraceError(f"step {each} was leased, and is no more: {leased.waiting_for}")
            word = current + 1 if each == step - 1 else None
            self.client.ack(self.client.fetch(leased), weight_version=word)
            log.warning("Millrace: step %d, handed out before the restart, is in the checkpoint", each)
        # slime counts its versions from 1 at every start, whatever weights those are.
        word = self._first_word(args) if version is None else version
        if due or out or int(status["lineage"]) or int(status["weight_version"]):
            resumed = self.client.resume(step, mode=setting(args, "resume_mode", "replay"), weight_version=word)
            log.warning(
                "Millrace: lineage %d begins at step %d; steps before %d are those that were recorded",
                resumed.lineage,
                resumed.next_step,
                resumed.replay_before,
            )
        self._ready(word)
        self.first_version, self.version = version, word
        self.trained = self.began = step

    def _first_word(self, args: Any) -> int:
        return int(getattr(args, "update_weight_start_version", 0) or 0) + 1

    def _ready(self, word: int) -> None:
        try:
            self.client.ready(word)
        except ConflictError:
            if self.trained >= 0:
                raise
            # A new run, whose trainer counts on from elsewhere.
            self.client.resume(0, weight_version=word)
            self.client.ready(word)

    def _trained_before(self, step: int, version: int | None) -> int:
        if version is not None and self.first_version is not None and step > self.began:
            pushed = version - self.first_version
            if pushed >= step - self.began:
                return step
        return max(step - 1, self.trained)

    def _acknowledge(self, before: int, version: int | None) -> None:
        """What is trained, the last of it with the version that its training led to."""
        due = []
        while self.out and self.out[0].step < before:
            due.append(self.out.popleft())
        risen = version is not None and (self.version is None or version > self.version)
        for batch in due:
            last = batch is due[-1]
            checkpoint = None if self.checkpoint is None else min(self.checkpoint, batch.step + 1)
            word = version if last and risen else None
            self.client.ack(batch, weight_version=word, checkpoint_step=checkpoint)
            self.trained = batch.step + 1
        if risen and version is not None:
            if not due:
                self._ready(version)
            self.version = version

    def _lease(self, step: int) -> Batch:
        begun = time.monotonic()
        while True:
            leased = self.client.lease(wait=WAIT, step=step)
            if isinstance(leased, NotYet):
                log.info(
                    "Millrace: step %d has %d of %d groups after %.0f s, waits for %s",
                    leased.step,
                    leased.have,
                    leased.need,
                    time.monotonic() - begun,
                    leased.waiting_for,
                )
                continue
            for warning in leased.warnings:
                log.warning("Millrace: %s", warning)
            batch = self.client.fetch(leased)
            self.out.append(batch)
            return batch


class _Save:
    """A data source's save, and what it tells. One that fails still is one that slime has come to."""

    def __init__(self, rollouts: _Rollouts, save: Callable[[int], Any], later: bool) -> None:
        self.rollouts, self.save, self.later = rollouts, save, later

    def __call__(self, rollout_id: int) -> Any:
        result = self.save(rollout_id)
        with _lock:
            self.rollouts.saved(rollout_id, durable=not self.later)
        return result


_lock = threading.Lock()
_processes: dict[int, _Rollouts] = {}


def setting(args: Any, name: str, default: str) -> str:
    """Of ``args`` where it stands there, else of the environment."""
    given = getattr(args, f"millrace_{name}", None)
    return str(given) if given is not None else os.environ.get(f"MILLRACE_{name.upper()}", default)


TENSORS = {
    "routed_experts": "rollout_routed_experts",
    "top_p_token_ids": "rollout_top_p_token_ids",
    "top_p_token_offsets": "rollout_top_p_token_offsets",
}
"""slime's fields for tensors that an engine answers with, by SGLang's names."""


FORMATS: dict[str, Literal["i", "B", "H", "h", "q"]] = {"I32": "i", "U8": "B", "U16": "H", "I16": "h", "I64": "q"}


def slime_tensors(args: Any, sample: BatchSample) -> dict[str, Any]:
    """Those of a sample as slime has them: int32, experts by layer and rank where ``args`` tell how many there are."""
    tensors = {}
    for name, field_name in TENSORS.items():
        tensor = sample.tensors.get(name)
        if tensor is not None:
            shape = tensor.shape
            layers, topk = getattr(args, "num_layers", None), getattr(args, "moe_router_topk", None)
            if name == "routed_experts" and layers and topk:
                shape = (shape[0], layers, topk)
            tensors[field_name] = int32(tensor, shape)
    return tensors


def int32(tensor: Tensor, shape: tuple[int, ...]) -> Any:
    """A tensor of torch where that is installed, on the batch's own memory where that is int32; else a view."""
    values = tensor.data.cast(FORMATS[tensor.dtype])
    if tensor.dtype != "I32":
        values = memoryview(array("i", values))
    try:
        import torch  # noqa: PLC0415 - slime has it, and it takes seconds
    except ImportError:
        return values.cast("B").cast("i", shape) if values else values
    flat = torch.frombuffer(values, dtype=torch.int32) if values else torch.zeros(0, dtype=torch.int32)
    return flat.reshape(shape)


def hooked(args: Any, samples: list[list[Any]], data_source: Any) -> None:
    """What slime's own rollout does with its samples at its end: they may be changed, masked by ``remove_sample``.

    The samples of groups that a filter dropped are not among them: those never came here.
    """
    for name, more in (("rollout_sample_filter_path", ()), ("rollout_all_samples_process_path", (data_source,))):
        path = getattr(args, name, None)
        if path:
            module, _, function = path.rpartition(".")
            getattr(importlib.import_module(module), function)(args, samples, *more)


def slime_sample(group: Group, sample: BatchSample, args: Any = None) -> Any:
    """A sample as slime has it."""
    header = sample.header
    reward = header["reward"]
    data = {
        "group_index": group.index,
        "index": sample.index,
        "rollout_id": header.get("rollout_id"),
        "prompt": prompt(group.header.get("prompt")),
        "tokens": list(sample.tokens),
        "response": sample.response,
        "response_length": len(sample.log_probs),
        "label": group.label,
        "reward": reward["value"] if reward.get("detail") is None else reward["detail"],
        "loss_mask": list(sample.loss_mask),
        "weight_versions": list(header.get("engine_weight_versions") or ()),
        "rollout_log_probs": list(sample.log_probs),
        "remove_sample": bool(header.get("remove_sample", False)),
        "status": sample.status,
        "metadata": {**group.metadata, **(header.get("metadata") or {})},
        "session_id": header.get("session_id"),
        "non_generation_time": header.get("non_generation_seconds", 0.0),
        "spec_info": dict(header.get("spec") or {}),
        "prefix_cache_info": {
            "cached_tokens": header.get("cached_tokens", 0),
            "total_prompt_tokens": sample.prompt_length,
        },
        "trace": trace(group, sample),
    } | slime_tensors(args, sample)
    return SlimeSample.from_dict(data)


def trace(group: Group, sample: BatchSample) -> dict[str, Any]:
    """The spans that slime's timeline and its figures of requests read, in seconds since 1970.

    A sample's begin when its worker claimed the group; how long they took is as it was measured.
    """
    header, events = sample.header, list[dict[str, Any]]()
    attempt = int(group.header.get("attempt", 1))
    ids = {"trace_id": f"{sample.index}.{attempt}", "sample_id": sample.index, "group_id": group.index}
    begun = float(group.header.get("claimed_at_ms", 0)) / 1000
    generated = begun + float(header.get("generation_seconds", 0))
    judged = generated + float(header.get("non_generation_seconds", 0))
    attributes = {
        "prompt_tokens": sample.prompt_length,
        "completion_tokens": len(sample.log_probs),
        "cached_tokens": header.get("cached_tokens", 0),
        "e2e_latency": generated - begun,
        "finish_reason": sample.finish_reason,
        "engine": header.get("engine", ""),
    }
    finished = max(judged, float(group.header.get("finished_at_ms", 0)) / 1000)

    def event(kind: str, name: str, ts: float, parent: str | None = None, attrs: dict[str, Any] | None = None) -> None:
        own = {"type": kind, "name": name, "ts": ts, "attempt": attempt, "span_id": name}
        events.append(own | ids | ({"parent_span_id": parent} if parent else {}) | ({"attrs": attrs} if attrs else {}))

    event("span_start", "generate_and_rm_group", begun, attrs={"group_size": len(group.samples)})
    event("span_start", "generate_and_rm", begun, "generate_and_rm_group")
    event("span_start", "sglang_generate", begun, "generate_and_rm")
    event("span_end", "sglang_generate", generated, attrs=attributes)
    event("span_start", "reward_model", generated, "generate_and_rm")
    event("span_end", "reward_model", judged)
    event("span_end", "generate_and_rm", judged)
    event("span_end", "generate_and_rm_group", finished)
    return {"version": 1, "events": events, "attempt": attempt} | ids


EVAL_NAMES = {
    "name": "name",
    "path": "path",
    "n_samples_per_eval_prompt": "samples",
    "rm_type": "reward_type",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_response_len": "max_new_tokens",
}
"""slime's words for what an evaluation takes."""


def eval_data_set(config: Any) -> dict[str, Any]:
    """A data set of slime's evaluation as it is asked for; its path is one of the producer's machine."""
    given = {ours: getattr(config, theirs, None) for theirs, ours in EVAL_NAMES.items()}
    # A function goes before a name, for the producer too.
    given["reward_type"] = getattr(config, "custom_rm_path", None) or given["reward_type"]
    return {name: value for name, value in given.items() if value is not None}


def eval_result(args: Any, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What slime's evaluation has of a data set, in the order of its prompts."""
    samples = []
    for line in sorted(lines, key=lambda line: int(line["place"])):
        for number, sample in enumerate(line["samples"]):
            index = int(line["place"]) * len(line["samples"]) + number
            samples.append(SlimeSample.from_dict(sample | {"index": index}))
    key = getattr(args, "eval_reward_key", None) or getattr(args, "reward_key", None)
    return {
        "rewards": [sample.reward[key] if key else sample.reward for sample in samples],
        "truncated": [sample.status.value == "truncated" for sample in samples],
        "samples": samples,
    }


def prompt(form: Any) -> Any:
    """The prompt's text or messages, whatever stands around them."""
    if isinstance(form, Mapping):
        return form.get("rendered", form.get("text", ""))
    return form


def metrics(batch: Batch, waited: float, out: int) -> dict[str, Any]:
    """What slime's own figures of a rollout do not tell; staleness in weight versions, at the hand-over."""
    stale = [batch.weight_version - span.version for sample in batch.samples for span in sample.spans[:1]]
    return {
        "millrace/step": batch.step,
        "millrace/lineage": batch.lineage,
        "millrace/wait_seconds": waited,
        "millrace/steps_out": out,
        "millrace/staleness_mean": sum(stale) / len(stale) if stale else 0.0,
        "millrace/staleness_max": max(stale, default=0),
        "millrace/mixed_version_share": share(len(sample.spans) > 1 for sample in batch.samples),
    }


def share(of: Any) -> float:
    every = [1.0 if one else 0.0 for one in of]
    return sum(every) / len(every) if every else 0.0


def engine_version(args: Any) -> int | None:
    """The least version that an engine behind slime's router serves; None where none tells one."""
    host, port = getattr(args, "sglang_router_ip", None), getattr(args, "sglang_router_port", None)
    if host is None or port is None:
        return None
    workers = _asked(f"http://{host}:{port}/workers")
    versions = []
    for worker in (workers or {}).get("workers", ()):
        told = (_asked(f"{worker['url'].rstrip('/')}/get_weight_version") or {}).get("weight_version")
        # "default" is what an engine says before the first push.
        if str(told).isdecimal():
            versions.append(int(str(told)))
    return min(versions, default=None)


def _asked(url: str) -> Any:
    trouble = ""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for attempt in range(ENGINE_TRIES):
        try:
            with opener.open(url, timeout=ENGINE_LIMIT) as answer:
                return json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as e:
            trouble = f"{type(e).__name__} {e}"
            time.sleep(0.2 * attempt)
    log.warning("Millrace: %s: %s", url, trouble)
    return None
