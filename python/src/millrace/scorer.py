"""Makes functions that judge samples the program of Millrace's reward ``command``, and of those that it judges too.

A worker starts it with ``--scorer-command 'python -m millrace.scorer my_rewards.score'``; prompts name it by
``rm_type`` ``command``. Without a function, ``--scorer-command 'python -m millrace.scorer'``, each sample is judged by
what its metadata names: a function as ``custom_rm_path``, or ``ifbench`` or ``math-verify`` as ``rm_type``
(:mod:`millrace.judges`). Or in a program of your own::

    from millrace.scorer import Sample, serve

    def reward(sample: Sample) -> float:
        return float(sample.response.strip() == sample.label)

    serve(reward)
"""

import argparse
import asyncio
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import IO, Any

Reward = float | int | bool | Mapping[str, Any]


class Status(Enum):
    """slime's words for how a sample ended."""

    PENDING = "pending"
    COMPLETED = "completed"
    TRUNCATED = "truncated"


@dataclass
class Sample:
    """What is judged; the names are those of slime's Sample."""

    prompt: str | Sequence[Any]
    """As the data set has it: a text, messages or token ids."""
    response: str
    """The engine's text, without the prompt."""
    label: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    group_index: int | None = None
    index: int | None = None
    """Over the whole run."""
    response_length: int = 0
    """In tokens."""
    status: Status = Status.PENDING
    """COMPLETED, or TRUNCATED by its token limit; PENDING where nobody says."""
    evaluation: bool = False
    """Whether it is one of an evaluation."""
    reward: Any = None
    """As the filter of a group sees it."""

    @classmethod
    def read(cls, question: Mapping[str, Any]) -> "Sample":
        """Of a question; what a later version asks besides is left out."""
        known = {name: value for name, value in question.items() if name in _FIELDS}
        return cls(**known | {"status": Status(question.get("status", "pending"))})

    def get_reward_value(self, args: Any) -> Any:
        """As slime's filters ask for it."""
        key = getattr(args, "reward_key", None)
        return self.reward[key] if key else self.reward


Sample.Status = Status  # type: ignore[attr-defined]
_FIELDS = frozenset(each.name for each in fields(Sample))


def serve(
    reward: Callable[[Any], Any],
    lines: IO[str] | None = None,
    answers: IO[str] | None = None,
) -> None:
    """Answers until there are no more questions. What the function prints goes to standard error.

    :param reward: gives a number, or a dict with the number under the worker's ``--reward-key`` (``score``); may be a
        coroutine function. What it raises is told to the worker, costs the sample's attempt, and ends nothing. Of a
        worker with ``--group-rm`` it gets a list, the samples of a group, and gives as many rewards.
    """
    asked = lines or sys.stdin
    if answers is None:
        # The protocol has the output for itself: a print of the function would be taken for an answer.
        answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
    loop = asyncio.new_event_loop()
    try:
        for line in asked:
            print(json.dumps(_answer(reward, line, loop)), file=answers, flush=True)
    finally:
        loop.close()


def _answer(reward: Callable[[Any], Any], line: str, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    try:
        question = json.loads(line)
        if "id" in question:
            answer["id"] = question["id"]
        group = [Sample.read(question | each) for each in question.get("samples", ())]
        value = reward(group or Sample.read(question))
        if inspect.isawaitable(value):
            value = loop.run_until_complete(value)
        if group:
            return answer | {"rewards": [_plain(each) for each in value]}
        return answer | {"reward": _plain(value)}
    except Exception as e:  # whatever it raises is the answer
        traceback.print_exc()
        return answer | {"error": f"{type(e).__name__}: {e}"}


def _plain(value: Reward) -> Any:
    """As JSON has it; numbers of numpy and torch have an ``item``."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) if hasattr(one, "item") else one for name, one in value.items()}
    return value.item() if hasattr(value, "item") else value


def _named(name: str) -> Callable[..., Any]:
    """:raises LookupError: where it is not"""
    module, _, function = name.rpartition(".")
    if not module:
        raise LookupError(f"'{name}' is no module.function")
    found = getattr(importlib.import_module(module), function, None)
    if not callable(found):
        raise LookupError(f"{module} has no function '{function}'")
    return found  # type: ignore[no-any-return]


def _of_sample(function: Callable[..., Any], args: Any) -> Callable[[Any], Any]:
    """One parameter, or slime's two."""
    positional = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    return function if len(positional) < 2 else lambda sample: function(args, sample)


class Named:
    """Judges by what the metadata of a sample names; ``custom_rm_path`` goes first, as in slime."""

    def __init__(self, args: Any) -> None:
        self.args = args
        self.functions: dict[str, Callable[[Any], Any]] = {}

    def __call__(self, asked: Any) -> Any:
        group = isinstance(asked, list)
        metadata = (asked[0] if group else asked).metadata
        path = metadata.get("custom_rm_path")
        if path:
            return self.function(str(path))(asked)
        rm_type = str(metadata.get("rm_type") or "").strip().removeprefix("boxed_")
        if rm_type not in JUDGES:
            raise LookupError(
                f"the metadata has no custom_rm_path, and rm_type '{rm_type}' is none of {', '.join(JUDGES)};"
                " or name a function behind -m millrace.scorer"
            )
        judge = self.function(JUDGES[rm_type])
        return [judge(sample) for sample in asked] if group else judge(asked)

    def function(self, path: str) -> Callable[[Any], Any]:
        if path not in self.functions:
            self.functions[path] = _of_sample(_named(path), self.args)
        return self.functions[path]


JUDGES = {"ifbench": "millrace.judges.ifbench", "math-verify": "millrace.judges.math_verify"}
"""What judges the rewards that have a library of their own."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="millrace.scorer", description="Judges samples by a function, line by line.")
    parser.add_argument(
        "function",
        nargs="?",
        help="module.function of one parameter, sample, or of slime's two, args and sample; of a list of samples with"
        " the worker's --group-rm. Without it each sample's metadata names its own",
    )
    parser.add_argument("--args", default="{}", help="JSON object that becomes slime's args (%(default)s)")
    arguments = parser.parse_args(argv)
    sys.path.insert(0, os.getcwd())
    args = argparse.Namespace(**json.loads(arguments.args))
    if arguments.function is None:
        serve(Named(args))
        return
    try:
        function = _named(arguments.function)
    except LookupError as e:
        raise SystemExit(f"millrace.scorer: {e}") from e
    serve(_of_sample(function, args))


if __name__ == "__main__":
    # Of the module by its name: the Sample that a function imports is then the one that it gets.
    importlib.import_module("millrace.scorer").main()
