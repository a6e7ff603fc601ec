"""A running trainer consumer does what the document of its API says, and nothing else: schemathesis asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import ROOT, Cluster

FOLDER = Path(__file__).parent


@pytest.mark.thorough
def test_the_server_is_as_its_document_says(cluster: Cluster, tmp_path: Path) -> None:
    problems = ROOT / "sandbox" / "data" / "math-problems.jsonl"
    batch = {"batch_groups": 2, "samples_per_group": 2}
    cluster.start_run("openapi", batch, eval_dataset=f"held-out={problems}@[0:2]")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{cluster.trainer}/openapi.json"]
    checks = ["--checks=all", "--seed=1", "--continue-on-failure", "--request-timeout=20"]
    phases = ["--phases=coverage,fuzzing,stateful", "--max-examples=60"]
    done = subprocess.run(
        [*command, *checks, *phases],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(FOLDER)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
    assert "12 selected / 12 total" in done.stdout, done.stdout
