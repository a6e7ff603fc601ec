"""A batch as flat tensors with the places of its samples, for a trainer that packs them: without a copy per sample, and
with none at all of tokens, log-probabilities and masks."""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from millrace.batch import Batch


@dataclass(frozen=True)
class Packed:
    """All samples back to back, as arrays of one library. Of the values marked as views, writing changes the batch."""

    tokens: Any
    """int32, of prompts and responses; a view."""
    cu_seqlens: Any
    """int32, one more than samples: sample ``i`` has ``tokens[cu_seqlens[i] : cu_seqlens[i + 1]]``, as attention over
    sequences of different lengths takes it."""
    max_seqlen: int
    log_probs: Any
    """float32, of the responses' tokens; a view."""
    loss_mask: Any
    """uint8, of the responses' tokens; a view."""
    cu_responses: Any
    """int32, one more than samples: sample ``i`` has ``log_probs[cu_responses[i] : cu_responses[i + 1]]``."""
    positions: Any
    """int64, where each response token stands in ``tokens``; what predicts it stands one before."""
    rewards: Any
    """float32, of the samples."""
    groups: Any
    """int64, of each sample the index of its group."""
    advantages: Any
    """float32, of the samples, a view; None where the batch was fetched without."""


def packed_numpy(batch: Batch) -> Packed:
    np = importlib.import_module("numpy")

    def view(values: Any, dtype: str) -> Any:
        return np.frombuffer(values, dtype=dtype) if len(values) else np.empty(0, dtype=dtype)

    sequences, responses, starts = _places(batch)
    lengths = np.diff(np.asarray(responses))
    # A response token's place: its sample's first response token, and how far behind that it is.
    positions = np.arange(responses[-1]) + np.repeat(np.asarray(starts) - np.asarray(responses[:-1]), lengths)
    return Packed(
        tokens=view(batch.tokens, "<i4"),
        cu_seqlens=np.asarray(sequences, dtype=np.int32),
        max_seqlen=_longest(sequences),
        log_probs=view(batch.log_probs, "<f4"),
        loss_mask=view(batch.loss_mask, "u1"),
        cu_responses=np.asarray(responses, dtype=np.int32),
        positions=positions.astype(np.int64),
        rewards=np.asarray([sample.reward for sample in batch.samples], dtype=np.float32),
        groups=np.asarray(_groups(batch), dtype=np.int64),
        advantages=None if batch.advantages is None else view(batch.advantages, "<f4"),
    )


def packed_torch(batch: Batch) -> Packed:
    torch = importlib.import_module("torch")

    def view(values: Any, dtype: Any) -> Any:
        return torch.frombuffer(values, dtype=dtype) if len(values) else torch.empty(0, dtype=dtype)

    sequences, responses, starts = _places(batch)
    lengths = torch.diff(torch.tensor(responses))
    offsets = torch.tensor(starts, dtype=torch.int64) - torch.tensor(responses[:-1], dtype=torch.int64)
    return Packed(
        tokens=view(batch.tokens, torch.int32),
        cu_seqlens=torch.tensor(sequences, dtype=torch.int32),
        max_seqlen=_longest(sequences),
        log_probs=view(batch.log_probs, torch.float32),
        loss_mask=view(batch.loss_mask, torch.uint8),
        cu_responses=torch.tensor(responses, dtype=torch.int32),
        positions=torch.arange(responses[-1]) + torch.repeat_interleave(offsets, lengths),
        rewards=torch.tensor([sample.reward for sample in batch.samples], dtype=torch.float32),
        groups=torch.tensor(_groups(batch), dtype=torch.int64),
        advantages=None if batch.advantages is None else view(batch.advantages, torch.float32),
    )


def _places(batch: Batch) -> tuple[list[int], list[int], list[int]]:
    """Where sequences and responses begin and end, and where in the tokens each response begins."""
    sequences, responses, starts = [0], [0], []
    for sample in batch.samples:
        starts.append(sequences[-1] + sample.prompt_length)
        sequences.append(sequences[-1] + len(sample.tokens))
        responses.append(responses[-1] + len(sample.log_probs))
    return sequences, responses, starts


def _longest(sequences: list[int]) -> int:
    return max((end - start for start, end in itertools.pairwise(sequences)), default=0)


def _groups(batch: Batch) -> list[int]:
    return [group.index for group in batch.groups for _ in group.samples]
