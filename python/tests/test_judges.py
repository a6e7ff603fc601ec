"""Judges with the real libraries, in an environment made for them: what a worker's --scorer-command would be."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.thorough

PACKAGES = "math-verify[antlr4_13_2]==0.9.0", "if-verifiable==0.1.2"
SOURCE = Path(__file__).parent.parent / "src"


@pytest.fixture(scope="module")
def python() -> Path:
    """With the libraries; kept under target/ for the next time."""
    home = Path(__file__).parents[2] / "target" / "python-judges"
    program = home / "bin" / "python"
    done = home / "done.txt"
    if not (done.is_file() and done.read_text() == "\n".join(PACKAGES)):
        venv.create(home, clear=True, with_pip=True)
        install = [str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(install, check=True, timeout=900)
        done.write_text("\n".join(PACKAGES))
    return program


def ask(python: Path, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    process = subprocess.run(
        [python, "-m", "millrace.scorer"],
        input="".join(json.dumps(question) + "\n" for question in questions),
        env={"PYTHONPATH": str(SOURCE), "HOME": os.environ.get("HOME", "/"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    print(process.stderr, file=sys.stderr)
    return [json.loads(line) for line in process.stdout.splitlines()]


def math(response: str, label: str) -> dict[str, Any]:
    return {"prompt": "", "response": response, "label": label, "metadata": {"rm_type": "math-verify"}}


def test_math_verify_judges(python: Path) -> None:
    answers = ask(
        python,
        math(r"so it is \boxed{\frac{2}{4}}", "0.5"),
        math(r"so it is \boxed{\{2, 1\}}", r"\{1,2\}"),
        math(r"so it is \boxed{5}", "6"),
        math("I do not know", "6"),
        math(r"\boxed{5}", ""),
    )
    assert answers[:4] == [{"reward": 1.0}, {"reward": 1.0}, {"reward": 0.0}, {"reward": 0.0}]
    assert "no answer can be read" in answers[4]["error"]


def instructed(response: str, ids: list[str], kwargs: Any, **more: Any) -> dict[str, Any]:
    metadata = {"rm_type": "ifbench", "instruction_id_list": ids, "kwargs": kwargs, **more}
    return {"prompt": "", "response": response, "label": None, "metadata": metadata}


def test_ifbench_judges_by_all_instructions(python: Path) -> None:
    twice = ["count:word_count_range"] * 2
    long, short = {"min_words": 8, "max_words": 9}, {"min_words": 1, "max_words": 9}
    answers = ask(
        python,
        instructed("one two three", ["count:word_count_range"], [{"min_words": 2, "max_words": 4, "N": None}]),
        instructed("one two three", ["count:word_count_range"], {"min_words": 5, "max_words": 9}),
        instructed("", ["count:word_count_range"], [{"min_words": 0, "max_words": 4}]),
        instructed("one two three", twice, [short]),
        instructed("one two three", twice, [short, long]),
        instructed("text", ["no:such"], []),
        instructed("text", [], []),
    )
    assert [answer.get("reward") for answer in answers[:5]] == [1.0, 0.0, 0.0, 1.0, 0.0]
    assert "no:such" in answers[5]["error"]
    assert "no instruction_id_list" in answers[6]["error"]
