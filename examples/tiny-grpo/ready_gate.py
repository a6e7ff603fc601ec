"""Keeps vLLM's server shut until its weights have been named: a middleware, given to it by ``--middleware``.

vLLM calls the weights that it started with "default", also when it was started again in the middle of a run, with the
weights of step 40. Tokens that it made before it was told would carry a wrong version. Until the file named by
``MILLRACE_GATE`` is there, only who starts the engine is let in.
"""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

PASS = "x-millrace-gate"
"""The header of those who are let in before."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ReadyGate:
    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self.app = app
        self.gate = os.environ["MILLRACE_GATE"]
        self.open = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.open = self.open or os.path.exists(self.gate)
        if self.open or scope["type"] != "http" or any(name == PASS.encode() for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        error = {
            "message": "the engine is not ready yet",
            "type": "ServiceUnavailableError",
            "param": None,
            "code": 503,
        }
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps({"error": error}).encode()})
