"""scripts/real-engine: the weights that an engine serves are those that it names."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from cluster import ROOT

pytestmark = pytest.mark.thorough

LIMIT = 300.0


def save_as(weights: Path, version: str) -> None:
    """Replaces the weights by the same ones under another version, as a trainer does: at once."""
    blob = weights.read_bytes()
    end = 8 + int.from_bytes(blob[:8], "little")
    head = json.loads(blob[8:end])
    head["__metadata__"] = {**head.get("__metadata__", {}), "format": "pt", "weight_version": version}
    text = json.dumps(head).encode()
    beside = weights.with_suffix(".new")
    beside.write_bytes(len(text).to_bytes(8, "little") + text + blob[end:])
    os.replace(beside, weights)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_weights_saved_while_the_engine_starts_are_served_under_their_own_version(tmp_path: Path) -> None:
    model, port = tmp_path / "model", free_port()
    command = [str(ROOT / "scripts" / "real-engine"), f"--port={port}", f"--model-dir={model}", "--fresh"]
    with open(tmp_path / "said", "w+b") as said:
        engine = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + LIMIT
            # vLLM's own log is there as soon as its process is: it has not read the weights yet.
            while not (tmp_path / "model.log").exists():
                assert engine.poll() is None, (tmp_path / "said").read_text()
                assert time.monotonic() < end, "vLLM was not started"
                time.sleep(0.02)
            save_as(model / "model.safetensors", "7")
            while b"ready" not in (tmp_path / "said").read_bytes():
                assert engine.poll() is None, (tmp_path / "said").read_text()
                assert time.monotonic() < end, "vLLM was not ready"
                time.sleep(0.2)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/weight_info", timeout=60) as answer:
                assert json.load(answer)["weight_version"] == "7"
            assert "version=7 " in (tmp_path / "said").read_text()
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(60)
