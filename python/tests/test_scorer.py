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

def ranked(samples):
    order = sorted(samples, key=lambda sample: len(sample.response))
    return [order.index(sample) / len(samples) for sample in samples]

async def batched(args, samples, **kwargs):
    return [{"score": sample.response_length, "status": sample.status.value} for sample in samples]

def overlong(args, sample):
    return -1.0 if sample.status == sample.Status.TRUNCATED else sample.index
"""


def ask(
    folder: Path, function: str | None, *questions: dict[str, Any], args: str = "{}", functions: str = FUNCTIONS
) -> tuple[list[Any], str, int]:
    (folder / "my_rewards.py").write_text(functions)
    process = subprocess.run(
        [sys.executable, "-m", "millrace.scorer", *([f"my_rewards.{function}"] if function else ()), "--args", args],
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


GROUP = {
    "prompt": "1+1=",
    "label": "2",
    "metadata": {},
    "samples": [
        {"response": "the longest", "response_length": 3, "status": "truncated", "index": 6},
        {"response": "2", "response_length": 1, "status": "completed", "index": 7},
    ],
}


def test_the_answer_has_the_questions_id(tmp_path: Path) -> None:
    answers, _, _ = ask(tmp_path, "right", QUESTION | {"id": 7}, QUESTION | {"id": 8, "response": "3"})
    assert answers == [{"id": 7, "reward": True}, {"id": 8, "reward": False}]
    answers, _, _ = ask(tmp_path, "fails", QUESTION | {"id": 9})
    assert answers == [{"id": 9, "error": "KeyError: 'no rubric'"}]


def test_a_group_is_judged_at_once(tmp_path: Path) -> None:
    answers, _, _ = ask(tmp_path, "ranked", GROUP | {"id": 1})
    assert answers == [{"id": 1, "rewards": [0.5, 0.0]}]
    answers, _, _ = ask(tmp_path, "batched", GROUP)
    assert answers == [{"rewards": [{"score": 3, "status": "truncated"}, {"score": 1, "status": "completed"}]}]


def test_a_sample_has_what_slimes_has(tmp_path: Path) -> None:
    answers, _, _ = ask(
        tmp_path,
        "overlong",
        QUESTION | {"status": "truncated", "index": 3},
        QUESTION | {"status": "completed", "index": 4, "group_index": 1, "something_new": 1},
    )
    assert answers == [{"reward": -1.0}, {"reward": 4}]


def test_each_sample_may_name_its_own_function(tmp_path: Path) -> None:
    metadata = {"kind": "sum", "custom_rm_path": "my_rewards.of_slime", "rm_type": "math"}
    answers, _, _ = ask(
        tmp_path,
        None,
        QUESTION | {"metadata": metadata},
        QUESTION | {"metadata": {"custom_rm_path": "my_rewards.right"}},
        GROUP | {"metadata": {"custom_rm_path": "my_rewards.ranked"}},
        QUESTION | {"metadata": {"rm_type": "no_such"}},
        QUESTION | {"metadata": {"custom_rm_path": "my_rewards.no_such"}},
        args='{"scale": 3}',
    )
    assert answers[:3] == [{"reward": {"score": 3, "kind": "sum"}}, {"reward": True}, {"rewards": [0.5, 0.0]}]
    assert "rm_type 'no_such' is none of ifbench, math-verify" in answers[3]["error"]
    assert "no function 'no_such'" in answers[4]["error"]


EXAMPLE = Path(__file__).parents[2] / "examples" / "rewards" / "my_rewards.py"


def test_the_documents_example_judges(tmp_path: Path) -> None:
    def asked(function: str, question: dict[str, Any]) -> Any:
        return ask(tmp_path, function, question, args='{"penalty": 0.5}', functions=EXAMPLE.read_text())[0]

    assert asked("length", QUESTION | {"response_length": 10}) == [{"reward": 0.99}]
    assert asked("of_slime", QUESTION | {"status": "truncated"}) == [{"reward": {"score": 0.5, "acc": True}}]
    assert asked("ranked", GROUP) == [{"rewards": [0.0, 1.0]}]


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
