"""Batches as the trainer consumer writes them."""

import json
import struct
from array import array
from typing import Any

from millrace.batch import Asked, Batch, read_batch


def sample(index: int, prompt: int = 2, response: int = 3, reward: float = 1.0, versions: Any = None) -> dict[str, Any]:
    return {
        "index": index,
        "prompt_length": prompt,
        "response_length": response,
        "reward": {"value": reward},
        "status": "completed",
        "finish_reason": "stop",
        "weight_versions": [{"version": 14, "from": 0, "to": response}] if versions is None else versions,
    }


def form(groups: list[list[dict[str, Any]]], **changes: Any) -> dict[str, Any]:
    """:param groups: samples of each; group indices are 4, 5, ..."""
    headers = [
        {"group_index": 4 + i, "label": "12", "metadata": {"source": "test"}, "samples": samples}
        for i, samples in enumerate(groups)
    ]
    whole = {"v": 2, "run": "r", "lineage": 2, "step": 7, "weight_version": 15, "groups": headers}
    return whole | {"extras": {"concatenated": {}, "single": []}} | changes


def blob(form: dict[str, Any], extras: dict[str, tuple[str, list[int], bytes]] | None = None) -> bytes:
    samples = [sample for group in form["groups"] for sample in group["samples"]]
    tokens = array("i", range(sum(one["prompt_length"] + one["response_length"] for one in samples)))
    responses = sum(one["response_length"] for one in samples)
    log_probs = array("f", [-i / 8 for i in range(responses)])
    head = json.dumps(form).encode()
    tensors = {
        "header": ("U8", [len(head)], head),
        "tokens": ("I32", [len(tokens)], tokens.tobytes()),
        "log_probs": ("F32", [responses], log_probs.tobytes()),
        "response_bytes": ("I32", [len(samples)], array("i", [2] * len(samples)).tobytes()),
        "loss_mask": ("U8", [responses], bytes([1] * responses)),
        "responses": ("U8", [2 * len(samples)], b"12" * len(samples)),
    }
    table: dict[str, Any] = {"__metadata__": {"millrace": json.dumps({"v": form["v"]})}}
    data = b""
    for name, (dtype, shape, content) in (tensors | (extras or {})).items():
        table[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    head = json.dumps(table).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


LEASE = {
    "lineage": 2,
    "step": 7,
    "lease": "2-7-00000000000000ab",
    "weight_version": 5,
    "leased_at_ms": 1,
    "groups": 2,
    "group_indices": [4, 5],
    "warnings": [],
    "batch": "/v1/steps/7/batch?lease=2-7-00000000000000ab",
}
"""The run's number is 15 where the trainer's word is 5."""
FORM = form([[sample(8), sample(9, response=2, reward=0.0)], [sample(10), sample(11)]])
BATCH = blob(FORM)
ACK = {"step": 7, "lineage": 2, "weight_version": 6, "trained_total": 9, "next_step": 8}
CONFLICT = {"error": "no", "lineage": 2, "step": 7, "weight_version": 5, "state": "ready"}
UNEVEN = [[sample(8), sample(9, prompt=1, response=2, reward=0.0)], [sample(10, prompt=0, response=0, versions=[])]]


def uneven() -> Batch:
    """With advantages."""
    extras = {"concatenated": {"advantages": [2, 1]}, "single": []}
    whole = blob(form(UNEVEN, extras=extras), {"advantages": ("F32", [3], struct.pack("<3f", 1, -1, 0))})
    return read_batch(bytearray(whole), "2-7-ab", 5, (4, 5), Asked(advantages=True))
