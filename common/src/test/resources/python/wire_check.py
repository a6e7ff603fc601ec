"""The python half of PythonReadsWhatJavaWritesTest: the reference safetensors library on the same files.

    wire_check.py read DIR    prints what it finds in DIR/*.safetensors, as JSON
    wire_check.py write DIR   writes DIR/from-python.safetensors and prints what is in it
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import zstandard
from safetensors import safe_open
from safetensors.numpy import save_file

DTYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "float16": "F16", "uint32": "U32",
    "int32": "I32", "float32": "F32", "uint64": "U64", "int64": "I64", "float64": "F64",
}


def describe(array):
    return {
        "dtype": DTYPES[array.dtype.name],
        "shape": list(array.shape),
        "crc32": zlib.crc32(np.ascontiguousarray(array).tobytes()),
    }


def weighted_sum(values, kind):
    weights = np.arange(1, len(values) + 1, dtype=np.int64) % 1000
    # Added one by one, as Java adds: numpy's pairwise sum of floats would differ in the last digits.
    return sum((values.astype(kind) * weights.astype(kind)).tolist(), kind(0).item())


def responses(tensors):
    if "responses.zst" in tensors:
        whole = zstandard.ZstdDecompressor().decompress(tensors["responses.zst"].tobytes())
    else:
        whole = tensors["responses"].tobytes() if "responses" in tensors else b""
    ends = np.cumsum(tensors["response_bytes"]).tolist()
    return [whole[start:end].decode() for start, end in zip([0, *ends], ends)]


def read(path):
    with safe_open(path, framework="numpy") as blob:
        assert json.loads(blob.metadata()["millrace"]) == {"v": 2}
        tensors = {name: blob.get_tensor(name) for name in blob.keys()}
    header = json.loads(tensors["header"].tobytes())
    groups = header.get("groups", [header])
    samples = [sample for group in groups for sample in group["samples"]]
    tokens = tensors["tokens"]
    if tokens.ndim == 2:
        tokens = tokens.astype(np.int64) @ np.array([1, 1 << 8, 1 << 16])
    mask = tensors.get("loss_mask", np.ones(len(tensors["log_probs"]), np.uint8))
    return {
        "tensors": {name: describe(tensors[name]) for name in sorted(tensors)},
        "token_sum": weighted_sum(tokens, np.int64),
        "log_prob_sum": weighted_sum(tensors["log_probs"], np.float64),
        "mask_sum": weighted_sum(mask, np.int64),
        "group_indices": [group["group_index"] for group in groups],
        "response_lengths": [sample["response_length"] for sample in samples],
        "response_letters": [len(text) for text in responses(tensors)],
    }


def write(path):
    random = np.random.default_rng(7)
    tensors = {
        name: random.integers(0, 2, (3, 2)).astype(name)
        for name in DTYPES
    }
    tensors["empty"] = np.zeros((0, 4), dtype=np.float32)
    tensors["scalar"] = np.array(1.5, dtype=np.float64)
    tensors["größe"] = random.standard_normal(1000).astype(np.float32)
    save_file(tensors, path, metadata={"made_by": "Pythön"})
    return {name: describe(array) for name, array in tensors.items()}


command, folder = sys.argv[1], Path(sys.argv[2])
if command == "read":
    answer = {path.name: read(path) for path in sorted(folder.glob("*.safetensors"))}
else:
    answer = write(folder / "from-python.safetensors")
print(json.dumps(answer))
