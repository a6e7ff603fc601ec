"""The rewards whose meaning is a library's, for :mod:`millrace.scorer`; each needs that library beside this package."""

import importlib
from collections.abc import Mapping
from typing import Any

from millrace.scorer import Sample

REGISTRIES = "instructions_registry", "ifbench.instructions_registry", "if_verifiable.ifbench.instructions_registry"
"""Where IFBench's instructions may be: a checkout of IFBench on the path, as slime has it, or a package of PyPI."""


def ifbench(sample: Sample) -> float:
    """1.0 where the response follows every instruction of the prompt by IFBench's strict rules, else 0.0.

    The metadata has them as slime's: ``instruction_id_list``, their ``kwargs``, and ``prompt_text`` for those that look
    at the prompt (slime/rollout/rm_hub/ifbench.py).

    :raises ValueError: where it has none (slime would score 0 for every response)
    :raises LookupError: where IFBench knows no such instruction
    """
    names = [str(name).strip() for name in sample.metadata.get("instruction_id_list") or () if name is not None]
    names = [name for name in names if name]
    if not names:
        raise ValueError("ifbench: the metadata has no instruction_id_list")
    known = _instructions()
    prompt = str(sample.metadata.get("prompt_text") or "")
    return float(
        all(
            _follows(known[name](name), arguments, prompt, sample.response)
            for name, arguments in zip(names, _arguments(sample.metadata.get("kwargs"), len(names)), strict=True)
        )
    )


def _follows(instruction: Any, arguments: dict[str, Any], prompt: str, response: str) -> bool:
    instruction.build_description(**arguments)
    if "prompt" in (instruction.get_instruction_args() or ()):
        instruction.build_description(prompt=prompt)
    return bool(response.strip() and instruction.check_following(response))


def _arguments(given: Any, count: int) -> list[dict[str, Any]]:
    """One for each instruction: the last again where there are too few, and the same for all where it is one."""
    each = [dict(one) if isinstance(one, Mapping) else {} for one in given] if isinstance(given, list) else []
    if isinstance(given, Mapping):
        each = [dict(given)]
    each += [each[-1] if each else {}] * (count - len(each))
    return [{name: value for name, value in one.items() if value is not None} for one in each[:count]]


def _instructions() -> Mapping[str, Any]:
    for name in REGISTRIES:
        try:
            registry: Mapping[str, Any] = importlib.import_module(name).INSTRUCTION_DICT
            return registry
        except ModuleNotFoundError as e:
            if e.name is None or not name.startswith(e.name):
                raise
    raise ModuleNotFoundError(
        "ifbench needs IFBench: `pip install if-verifiable`, or a checkout of github.com/allenai/IFBench on PYTHONPATH"
    )


def math_verify(sample: Sample) -> float:
    """1.0 where the response's answer is the label's by Math-Verify, else 0.0.

    The library's own limits of time are off, since it answers a comparison that took too long as a wrong one: the
    worker's deadline ends it, as a failure.

    :raises ValueError: where Math-Verify finds no answer in the label
    """
    try:
        library: Any = importlib.import_module("math_verify")
    except ModuleNotFoundError as e:
        raise ModuleNotFoundError("math-verify needs its library: `pip install math-verify[antlr4_13_2]`") from e
    label = sample.label or ""
    gold = library.parse(label if "$" in label or "\\boxed" in label else f"${label}$", parsing_timeout=None)
    if not gold:
        raise ValueError(f"math-verify: no answer can be read in the label {label[:64]!r}")
    answer = library.parse(sample.response, parsing_timeout=None)
    return float(library.verify(gold, answer, timeout_seconds=None))
