"""The scorer as a worker starts it: a process, a question a line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FUNCTIONS = """
import sys

def right(sample):
    print("thinking about", sample.prompt)
    return sample.response == sample.label

async def of_slime(args, sample, **kwargs):
    return {"score": args.scale * len(sample.response), "kind": sample.metadata["kind"]}

def fails(sample):
    raise KeyError("no rubric")

def ends(sample):
    sys.exit(3)
"""


def ask(folder: Path, function: str, *questions: dict[str, Any], args: str = "{}") -> tuple[list[Any], str, int]:
    (folder / "my_rewards.py").write_text(FUNCTIONS)
    process = subprocess.run(
        [sys.executable, "-m", "millrace.scorer", f"my_rewards.{function}", "--args", args],
        input="".join(json.dumps(question) + "\n" for question in questions),
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parent.parent / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [json.loads(line) for line in process.stdout.splitlines()], process.stderr, process.returncode


QUESTION = {"prompt": "1+1=", "response": "2", "label": "2", "metadata": {"kind": "sum"}}


def test_a_function_judges_line_by_line_and_its_prints_are_no_answers(tmp_path: Path) -> None:
    answers, errors, code = ask(tmp_path, "right", QUESTION, {**QUESTION, "response": "3"})
    assert answers == [{"reward": True}, {"reward": False}]
    assert "thinking about 1+1=" in errors
    assert code == 0


def test_slimes_custom_reward_is_one_as_it_is(tmp_path: Path) -> None:
    answers, _, _ = ask(tmp_path, "of_slime", QUESTION, args='{"scale": 2}')
    assert answers == [{"reward": {"score": 2, "kind": "sum"}}]


def test_what_it_raises_costs_its_own_sample(tmp_path: Path) -> None:
    answers, errors, _ = ask(tmp_path, "fails", QUESTION, QUESTION)
    assert answers == [{"error": "KeyError: 'no rubric'"}] * 2
    assert "Traceback" in errors


def test_a_program_that_ends_has_not_answered(tmp_path: Path) -> None:
    answers, _, code = ask(tmp_path, "ends", QUESTION)
    assert answers == []
    assert code == 3


@pytest.mark.parametrize(
    ("function", "says"), [("nothing", "no function 'nothing'"), ("my_rewards", "no function 'my_rewards'")]
)
def test_a_function_that_is_not_there_is_said(tmp_path: Path, function: str, says: str) -> None:
    _, errors, code = ask(tmp_path, function, QUESTION)
    assert says in errors
    assert code == 1
