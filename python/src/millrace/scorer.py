"""Makes a function that judges a sample the program of Millrace's reward ``command``.

A worker starts it with ``--scorer-command 'python -m millrace.scorer my_rewards.score'``; prompts name it by
``rm_type`` ``command``. Or in a program of your own::

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
from dataclasses import dataclass, field
from typing import IO, Any

Reward = float | int | bool | Mapping[str, Any]


@dataclass
class Sample:
    """What is judged; the names are those of slime's Sample."""

    prompt: str | Sequence[Any]
    """As the data set has it: a text, messages or token ids."""
    response: str
    """The engine's text, without the prompt."""
    label: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def serve(reward: Callable[[Sample], Any], lines: IO[str] | None = None, answers: IO[str] | None = None) -> None:
    """Answers until there are no more questions. What the function prints goes to standard error.

    :param reward: gives a number, or a dict with the number under the worker's ``--reward-key`` (``score``); may be a
        coroutine function. What it raises is told to the worker, costs the sample's attempt, and ends nothing.
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


def _answer(reward: Callable[[Sample], Any], line: str, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    try:
        value = reward(Sample(**json.loads(line)))
        if inspect.isawaitable(value):
            value = loop.run_until_complete(value)
        return {"reward": _plain(value)}
    except Exception as e:  # whatever it raises is the answer
        traceback.print_exc()
        return {"error": f"{type(e).__name__}: {e}"}


def _plain(value: Reward) -> Any:
    """As JSON has it; numbers of numpy and torch have an ``item``."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) if hasattr(one, "item") else one for name, one in value.items()}
    return value.item() if hasattr(value, "item") else value


def _named(name: str) -> Callable[..., Any]:
    module, _, function = name.rpartition(".")
    if not module:
        raise SystemExit(f"millrace.scorer: '{name}' is no module.function")
    found = getattr(importlib.import_module(module), function, None)
    if not callable(found):
        raise SystemExit(f"millrace.scorer: {module} has no function '{function}'")
    return found  # type: ignore[no-any-return]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="millrace.scorer", description="Judges samples by a function, line by line.")
    parser.add_argument("function", help="module.function of one parameter, sample, or of slime's two, args and sample")
    parser.add_argument("--args", default="{}", help="JSON object that becomes slime's args (%(default)s)")
    arguments = parser.parse_args(argv)
    sys.path.insert(0, os.getcwd())
    function = _named(arguments.function)
    slime_args = argparse.Namespace(**json.loads(arguments.args))
    positional = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    serve(function if len(positional) < 2 else lambda sample: function(slime_args, sample))


if __name__ == "__main__":
    main()
