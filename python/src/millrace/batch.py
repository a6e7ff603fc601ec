"""A batch as it travels: one safetensors blob, read with the standard library and taken only when it is whole."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from millrace.packed import Packed, packed_numpy, packed_torch
from millrace.transport import MillraceError

FORM = 2
"""The version of the JSON inside that is understood."""
WIDTHS = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2}
WIDTHS |= {"U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8}


class BadBatchError(MillraceError, ValueError):
    """The bytes are no whole batch; the message says what is missing. Such a batch cannot be acknowledged."""


@dataclass(frozen=True)
class Span:
    """Response tokens ``start`` (inclusive) to ``end`` (exclusive) were made by this weight version."""

    version: int
    """As the trainer and its engines call it."""
    start: int
    end: int


@dataclass(frozen=True)
class Tensor:
    """A further tensor of a group, or a sample's part of one, passed through untouched."""

    dtype: str
    """In the words of safetensors: F32, I64, BF16, ..."""
    shape: tuple[int, ...]
    data: memoryview
    """Little-endian bytes."""


@dataclass(frozen=True)
class Sample:
    """One answer to a prompt. Sequences are views of the batch: no copies."""

    index: int
    """Over the whole run."""
    tokens: Sequence[int]
    """Of prompt and response."""
    prompt_length: int
    """0 when the prompt went out as text and its ids are unknown."""
    log_probs: Sequence[float]
    """Of the response's tokens, by the weights that made them."""
    loss_mask: Sequence[int]
    """1 where a token of the response is to be trained on."""
    spans: tuple[Span, ...]
    """Over all of the response, without a gap."""
    reward: float
    text: memoryview[int]
    """The response's text in UTF-8; :attr:`response` decodes it."""
    status: str
    """completed, truncated, aborted or failed."""
    finish_reason: str
    """The engine's word."""
    tensors: dict[str, Tensor]
    """Its part of those that the engine answered with, such as ``routed_experts``: a row a token but the last."""
    header: dict[str, Any]
    """All that is known of it."""

    @property
    def prompt(self) -> Sequence[int]:
        return self.tokens[: self.prompt_length]

    @cached_property
    def response(self) -> str:
        """The response's text."""
        return str(self.text, "utf-8", "replace")

    @property
    def response_tokens(self) -> Sequence[int]:
        return self.tokens[self.prompt_length :]


@dataclass(frozen=True)
class Group:
    """A prompt with all of its answers."""

    index: int
    samples: tuple[Sample, ...]
    label: str | None
    metadata: dict[str, Any]
    extras: dict[str, Tensor]
    header: dict[str, Any]
    """All that is known of it."""


@dataclass(frozen=True)
class Batch:
    """A leased step's groups, whole. It is what an acknowledgement takes."""

    lineage: int
    step: int
    lease: str
    """The token that it is acknowledged by: the same batch has the same one, whenever it is fetched."""
    weight_version: int
    """As the trainer called its weights at the hand-over."""
    groups: tuple[Group, ...]
    """Ascending by index."""
    tokens: memoryview[int]
    """int32, all samples back to back; for torch.frombuffer or numpy.frombuffer."""
    log_probs: memoryview[float]
    """float32, of all responses."""
    loss_mask: memoryview[int]
    """uint8, of all responses."""

    advantages: memoryview[float] | None = None
    """float32, of the samples in their order; None where it was fetched without."""
    rank: int = 0
    world: int = 1
    """It has the groups of one rank of so many."""

    def numpy(self) -> Packed:
        """Flat numpy arrays; tokens, log-probabilities, masks and advantages are views of this batch."""
        return packed_numpy(self)

    def torch(self) -> Packed:
        """Flat torch tensors on the CPU; tokens, log-probabilities, masks and advantages are views of this batch."""
        return packed_torch(self)

    @property
    def samples(self) -> tuple[Sample, ...]:
        return tuple(sample for group in self.groups for sample in group.samples)

    @property
    def reward_mean(self) -> float:
        samples = self.samples
        return sum(sample.reward for sample in samples) / len(samples)


@dataclass(frozen=True)
class Asked:
    """What was asked for of a step."""

    rank: int = 0
    """Whose groups, of so many."""
    world: int = 1
    advantages: bool = False


WHOLE = Asked()


def read_batch(
    blob: bytearray,
    lease: str,
    weight_version: int,
    group_indices: Sequence[int],
    asked: Asked = WHOLE,
) -> Batch:
    """Reads a batch.

    :param weight_version: the lease's: the blob has the run's own numbers, which may be others
    :param group_indices: the lease's: these groups are to be in it, in this order
    :raises BadBatchError: unless it is whole
    """
    try:
        form, tensors = read_safetensors(blob)
        indices = [int(group["group_index"]) for group in form["groups"]]
        share = form.get("share") or {"rank": 0, "world": 1}
        world = asked.world
        if (share["rank"], share["world"]) != (asked.rank, world):
            raise BadBatchError(f"the batch is of rank {share['rank']} of {share['world']}, asked for was {asked}")
        leased = list(group_indices)
        if indices != leased if world == 1 else not _is_share(indices, leased, world):
            raise BadBatchError(f"the batch has the groups {indices}, leased were {leased} for {world}")
        offset = int(form["weight_version"]) - weight_version
        reader = _Reader(tensors, offset)
        extras = read_extras(form.get("extras") or {}, tensors, indices)
        groups = tuple(reader.group(header, extras[header["group_index"]]) for header in form["groups"])
        reader.end()
        samples = sum(len(group.samples) for group in groups)
        return Batch(
            lineage=int(form["lineage"]),
            step=int(form["step"]),
            lease=lease,
            weight_version=weight_version,
            groups=groups,
            tokens=reader.tokens,
            log_probs=reader.log_probs,
            loss_mask=reader.loss_mask,
            advantages=_advantages(tensors, samples) if asked.advantages else None,
            rank=asked.rank,
            world=world,
        )
    except BadBatchError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
        raise BadBatchError(f"the batch cannot be read: {type(e).__name__} {e}") from e


def _is_share(indices: list[int], leased: list[int], world: int) -> bool:
    """Whether they are as many as a rank gets, of those that were leased, in their order."""
    chosen = set(indices)
    return [index for index in leased if index in chosen] == indices and (
        len(leased) // world <= len(indices) <= -(-len(leased) // world)
    )


def _advantages(tensors: dict[str, Tensor], samples: int) -> memoryview[float]:
    tensor = tensors["advantages"]
    if tensor.dtype != "F32" or tensor.shape != (samples,):
        raise BadBatchError(f"tensor advantages is {tensor.dtype} {tensor.shape}, must be F32 of {samples} samples")
    return tensor.data.cast("f")


def read_safetensors(blob: bytearray) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Our JSON in it, and its tensors.

    :raises BadBatchError: unless the tensors fill the blob to its last byte
    """
    view = memoryview(blob)
    size = int.from_bytes(view[:8], "little")
    if len(blob) < 8 or size > len(blob) - 8:
        raise BadBatchError(f"{len(blob)} bytes hold no header of {size}")
    table = json.loads(bytes(view[8 : 8 + size]))
    version = json.loads(table.pop("__metadata__")["millrace"]).get("v")
    if version != FORM:
        raise BadBatchError(f"the batch has the form {version}, this reader knows {FORM}")
    data = view[8 + size :]
    tensors: dict[str, Tensor] = {}
    ends = [0]
    for name, entry in table.items():
        start, end = entry["data_offsets"]
        shape = tuple(int(length) for length in entry["shape"])
        if not 0 <= start <= end <= len(data) or end - start != WIDTHS[entry["dtype"]] * math.prod(shape):
            raise BadBatchError(f"tensor {name} {entry} does not fit into {len(data)} bytes")
        tensors[name] = Tensor(entry["dtype"], shape, data[start:end])
        ends.append(end)
    if max(ends) != len(data):
        raise BadBatchError(f"the tensors end at byte {max(ends)} of {len(data)}")
    return json.loads(bytes(tensors.pop("header").data)), tensors


def read_extras(
    form: dict[str, Any], tensors: dict[str, Tensor], indices: Sequence[int]
) -> dict[int, dict[str, Tensor]]:
    """The further tensors of each group: those that all have stand back to back, others alone."""
    extras: dict[int, dict[str, Tensor]] = {index: {} for index in indices}
    for name, counts in (form.get("concatenated") or {}).items():
        whole = tensors[name]
        width, at = WIDTHS[whole.dtype], 0
        for index, count in zip(indices, counts, strict=True):
            extras[index][name] = Tensor(whole.dtype, (count,), whole.data[at : at + count * width])
            at += count * width
        if at != len(whole.data):
            raise BadBatchError(f"tensor {name} has {len(whole.data)} bytes, its groups {at}")
    for one in form.get("single") or []:
        extras[one["group_index"]][one["name"]] = tensors[f"{one['name']}.{one['group_index']}"]
    return extras


class _Parts:
    """Goes through the further tensors of a group that samples have parts of, sample by sample."""

    def __init__(self, extras: dict[str, Tensor]) -> None:
        self.extras = extras
        self.at: dict[str, int] = {}

    def next(self, shapes: dict[str, list[int]]) -> dict[str, Tensor]:
        parts = {}
        for name, shape in shapes.items():
            whole = self.extras[name]
            start = self.at.get(name, 0)
            end = start + WIDTHS[whole.dtype] * math.prod(shape)
            if not start <= end <= len(whole.data):
                raise BadBatchError(f"tensor {name} has {len(whole.data)} bytes, a sample's part ends at {end}")
            parts[name] = Tensor(whole.dtype, tuple(shape), whole.data[start:end])
            self.at[name] = end
        return parts

    def end(self) -> None:
        for name, end in self.at.items():
            if end != len(self.extras[name].data):
                raise BadBatchError(f"tensor {name} has {len(self.extras[name].data)} bytes, its samples {end}")


class _Reader:
    """Goes through the tensors that every batch has, sample by sample."""

    def __init__(self, tensors: dict[str, Tensor], offset: int) -> None:
        self.offset = offset
        self.tokens = self._bytes(tensors, "tokens", "I32").cast("i")
        self.log_probs = self._bytes(tensors, "log_probs", "F32").cast("f")
        self.loss_mask = self._bytes(tensors, "loss_mask", "U8").cast("B")
        self.lengths = iter(self._bytes(tensors, "response_bytes", "I32").cast("i"))
        self.texts = self._bytes(tensors, "responses", "U8").cast("B")
        self.token_at = self.response_at = self.text_at = 0

    @staticmethod
    def _bytes(tensors: dict[str, Tensor], name: str, dtype: str) -> memoryview:
        tensor = tensors[name]
        if tensor.dtype != dtype or len(tensor.shape) != 1:
            raise BadBatchError(f"tensor {name} is {tensor.dtype} {tensor.shape}, must be {dtype} of one dimension")
        return tensor.data

    def group(self, header: dict[str, Any], extras: dict[str, Tensor]) -> Group:
        parts = _Parts(extras)
        samples = tuple(self.sample(sample, parts) for sample in header["samples"])
        if not samples:
            raise BadBatchError(f"group {header['group_index']} has no samples")
        parts.end()
        return Group(
            index=int(header["group_index"]),
            samples=samples,
            label=header.get("label"),
            metadata=header.get("metadata") or {},
            extras=extras,
            header=header,
        )

    def sample(self, header: dict[str, Any], parts: _Parts) -> Sample:
        index, prompt, response = int(header["index"]), int(header["prompt_length"]), int(header["response_length"])
        tokens = self.tokens[self.token_at : self.token_at + prompt + response]
        log_probs = self.log_probs[self.response_at : self.response_at + response]
        if prompt < 0 or response < 0 or len(tokens) != prompt + response or len(log_probs) != response:
            raise BadBatchError(f"sample {index} has {len(tokens)} of {prompt + response} tokens")
        loss_mask = self.loss_mask[self.response_at : self.response_at + response]
        length = next(self.lengths, -1)
        text = self.texts[self.text_at : self.text_at + max(0, length)]
        if length < 0 or len(text) != length:
            raise BadBatchError(f"sample {index} has {len(text)} of {length} bytes of text")
        self.text_at += length
        self.token_at += prompt + response
        self.response_at += response
        spans = tuple(
            Span(int(span["version"]) - self.offset, int(span["from"]), int(span["to"]))
            for span in header["weight_versions"]
        )
        ends = [0, *(span.end for span in spans)]
        if [span.start for span in spans] != ends[:-1] or ends[-1] != response:
            raise BadBatchError(f"the version spans of sample {index} do not cover its {response} tokens: {spans}")
        reward = float(header["reward"]["value"])
        if not math.isfinite(reward):
            raise BadBatchError(f"sample {index} has the reward {reward}")
        return Sample(
            index=index,
            tokens=tokens,
            prompt_length=prompt,
            log_probs=log_probs,
            loss_mask=loss_mask,
            spans=spans,
            reward=reward,
            text=text,
            status=str(header.get("status", "")),
            finish_reason=str(header.get("finish_reason", "")),
            tensors=parts.next(header.get("tensors") or {}),
            header=header,
        )

    def end(self) -> None:
        if next(self.lengths, None) is not None or self.text_at != len(self.texts):
            raise BadBatchError(f"the samples have {self.text_at} of {len(self.texts)} bytes of text")
        lengths = len(self.tokens), len(self.log_probs), len(self.loss_mask)
        if lengths != (self.token_at, self.response_at, self.response_at):
            raise BadBatchError(f"tensors of {lengths} values for samples of {self.token_at} and {self.response_at}")
