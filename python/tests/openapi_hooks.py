"""What a document cannot say of the trainer's API: loaded by schemathesis."""

from typing import Any

import schemathesis

WAIT_MS = 20
"""Asked of a step that is not full, whatever was drawn."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - found by their names
    query = case.query if isinstance(case.query, dict) else {}
    body = case.body if isinstance(case.body, dict) else {}
    wait = str(query.get("wait_ms"))
    if wait.isdecimal() and WAIT_MS < int(wait) <= 60_000:
        query["wait_ms"] = WAIT_MS
    if case.meta.generation.mode.is_positive:
        for i, one in enumerate(body.get("data_sets") or []):
            # Of one evaluation no two have the same, which no schema can say.
            one["name"] = f"set-{i}"
        if "rank" in query:
            # Below world, or below 1 where that is not given.
            query["rank"] = min(int(query["rank"]), int(query.get("world", 1)) - 1)
    words = str(query.get("lease") or body.get("lease")).split("-")
    if case.meta.generation.mode.is_positive and len(words) == 3 and "step" in (case.path_parameters or {}):
        # A token names its step, and the path the same.
        case.path_parameters["step"] = int(words[1])
    if case.method.upper() != case.operation.method.upper():
        # Who may not send a POST at all is told so first, whatever the path takes.
        case.headers = {**(case.headers or {}), "Content-Type": "application/json"}
