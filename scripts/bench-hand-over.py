"""The trainer's side of a hand-over, measured: bench-hand-over.py TRAINER_URL RAW_PORT ROUNDS

A leased step is fetched by the Python package, as safetensors into numpy and as JSON, beside the same bytes over a bare
socket. A line of JSON for each arm of each round; the first round warms up and is left out.
"""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.parse
import urllib.request
from http.client import HTTPConnection
from typing import Any

from millrace.batch import read_batch


def ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000


def fetch(host: str, port: int, path: str) -> tuple[bytearray, dict[str, float]]:
    """The body, with the times to its first byte and from there to its last."""
    connection = HTTPConnection(host, port)
    connection.connect()
    begun = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    first = bytearray(response.read(1))
    first_ms = ms(begun)
    length = response.length
    if length is None:
        body = first + response.read()
    else:
        body = bytearray(1 + length)
        body[:1] = first
        view, at = memoryview(body), 1
        while at < len(body):
            at += response.readinto(view[at:])
    figures = {"first_byte_ms": first_ms, "body_ms": ms(begun) - first_ms}
    connection.close()
    return body, figures


def safetensors(host: str, port: int, lease: dict[str, Any]) -> dict[str, float]:
    body, figures = fetch(host, port, lease["batch"] + "&format=safetensors")
    begun = time.perf_counter()
    batch = read_batch(body, lease["lease"], lease["weight_version"], lease["group_indices"])
    packed = batch.numpy()
    assert len(packed.tokens) == len(batch.tokens)
    figures["parse_ms"] = ms(begun)
    return figures | {"ms": sum(figures.values()), "megabytes": len(body) / 1e6}


def as_json(host: str, port: int, lease: dict[str, Any]) -> dict[str, float]:
    body, figures = fetch(host, port, lease["batch"] + "&format=json")
    begun = time.perf_counter()
    batch = json.loads(body)
    assert len(batch["groups"]) == len(lease["group_indices"])
    figures["parse_ms"] = ms(begun)
    return figures | {"ms": sum(figures.values()), "megabytes": len(body) / 1e6}


def bare(port: int, length: int) -> dict[str, float]:
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        body = bytearray(length)
        view, at = memoryview(body), 0
        while at < length:
            at += connection.recv_into(view[at:])
    return {"ms": ms(begun), "megabytes": length / 1e6}


def main() -> None:
    url, raw, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    address = urllib.parse.urlsplit(url)
    host, port = address.hostname or "", address.port or 80
    request = urllib.request.Request(
        f"{url}/v1/steps/next/lease?lineage=0", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        lease = json.load(answer)
    for number in range(rounds + 1):
        ours = safetensors(host, port, lease)
        arms = {
            "bare socket": bare(raw, int(ours["megabytes"] * 1e6)),
            "millrace, safetensors": ours,
            "millrace, JSON": as_json(host, port, lease),
        }
        for arm, figures in arms.items():
            if number > 0:
                print(json.dumps({"arm": arm, "figures": figures}), flush=True)


if __name__ == "__main__":
    main()
