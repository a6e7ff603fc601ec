"""Writes small Parquet files as users have them, and beside each the JSON lines that its rows come to.

`datasets` writes what the Hugging Face hub serves, `pyarrow` what everybody else's tools write: other codecs, encodings,
page and row group sizes, and types. The lines are computed here from what was put in, not from what a reader makes of it.
"""

import datetime
import decimal
import json
import pathlib
import sys
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(sys.argv[1])


def present(value: Any) -> Any:
    """The same without the fields of structs that are null."""
    if isinstance(value, dict):
        return {key: present(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [present(each) for each in value]
    return value


def lines(name: str, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(present(row), ensure_ascii=False) + "\n" for row in rows)
    (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")


def chat(*turns: str) -> list[dict[str, str]]:
    roles = ["system", "user"] if len(turns) == 2 else ["user"]
    return [{"role": role, "content": turn} for role, turn in zip(roles, turns, strict=True)]


def by_datasets() -> None:
    verl = [
        {
            "data_source": "openai/gsm8k",
            "prompt": chat("Be brief.", f"What is 7 * {i}? \u00e9\U0001f600\n\"Think\"."),
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": str(7 * i)},
            "extra_info": {"split": "train", "index": i, "answer": None if i % 3 == 0 else f"#### {7 * i}"},
        }
        for i in range(40)
    ]
    datasets.Dataset.from_list(verl).to_parquet(FOLDER / "datasets-verl.parquet", batch_size=16)
    lines("datasets-verl", verl)
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    openai = [
        {
            "messages": [*chat(f"Add {i}."), {"role": "assistant", "content": str(i)}],
            "tools": json.dumps([tool]) if i % 2 else None,
        }
        for i in range(6)
    ]
    datasets.Dataset.from_list(openai).to_parquet(FOLDER / "datasets-openai.parquet")
    lines("datasets-openai", openai)
    different = [
        {"messages": [{"role": "user", "content": "a"}], "metadata": {"rm_type": "math", "level": 3}},
        {"messages": [{"role": "user", "content": "b"}], "metadata": {"rm_type": "f1"}},
        {"messages": [], "metadata": None},
    ]
    datasets.Dataset.from_list(different).to_parquet(FOLDER / "datasets-fields.parquet")
    lines("datasets-fields", different)
    ids = [{"prompt": list(range(i, i + 5)), "label": i} for i in range(10)]
    datasets.Dataset.from_list(ids).to_parquet(FOLDER / "datasets-ids.parquet")
    lines("datasets-ids", ids)


def by_pyarrow() -> None:
    rows = [
        {"prompt": f"What is {i}?" + " x" * (i % 7), "label": str(i % 5) if i % 9 else None, "metadata": {"n": [i, None, i]}}
        for i in range(300)
    ]
    table = pa.Table.from_pylist(rows)
    for codec in ["none", "snappy", "gzip", "lz4", "zstd"]:
        # Small pages and groups, so that rows go on over their ends.
        pq.write_table(
            table,
            FOLDER / f"codec-{codec}.parquet",
            compression=codec,
            row_group_size=70,
            data_page_size=256,
            write_batch_size=16,
        )
    lines("codec", rows)
    for version in ["1.0", "2.0"]:
        pq.write_table(
            table,
            FOLDER / f"pages-{version}.parquet",
            data_page_version=version,
            use_dictionary=False,
            row_group_size=100,
        )
    types: dict[str, pa.DataType] = {
        "prompt": pa.large_string(),
        "label": pa.float64(),
        "int8": pa.int8(),
        "int64": pa.int64(),
        "uint32": pa.uint32(),
        "uint64": pa.uint64(),
        "int16": pa.int16(),
        "float": pa.float32(),
        "flag": pa.bool_(),
        "decimal": pa.decimal128(12, 3),
        "day": pa.date32(),
        "bytes": pa.binary(),
        "words": pa.dictionary(pa.int32(), pa.string()),
        "map": pa.map_(pa.string(), pa.int64()),
        "deep": pa.list_(pa.list_(pa.struct({"a": pa.list_(pa.int32()), "b": pa.string()}))),
    }
    values = [
        {
            "prompt": "p",
            "label": 4.5,
            "int8": -5,
            "int64": 2**53 + 1,
            "uint32": 2**32 - 1,
            "uint64": 2**64 - 1,
            "int16": -300,
            "float": 0.1,
            "flag": True,
            "decimal": decimal.Decimal("12.340"),
            "day": datetime.date(2026, 11, 30),
            "bytes": b"\xff\x00",
            "words": "w",
            "map": {"k": 1},
            "deep": [[{"a": [1, None], "b": None}], [], None],
        },
        {name: None for name in types} | {"prompt": "q", "deep": []},
    ]
    schema = pa.schema(list(types.items()))
    columns = [pa.array([list(v.items()) if isinstance(v := row[name], dict) else v for row in values], type=types[name]) for name in types]
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), FOLDER / "types.parquet")
    values[0] |= {"decimal": 12.340, "day": "2026-11-30", "bytes": "/wA="}
    lines("types", values)


by_datasets()
by_pyarrow()
