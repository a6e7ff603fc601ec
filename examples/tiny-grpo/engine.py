"""What a trainer asks of a vLLM over HTTP: new weights into it, and tokens out of it. Standard library only."""

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class EngineError(Exception):
    """The engine refused, or was not to be reached for longer than the patience."""


@dataclass(frozen=True)
class Completion:
    tokens: list[int]
    """The end of the sequence with them, where the model came to it."""
    log_probs: list[float]
    spans: list[tuple[int, int, int]]
    """(weight version, from, to): which weights made which tokens."""
    finish_reason: str


class Engine:
    """One vLLM in development mode, with the model folder on the same machine. May be used by several threads.

    An engine that is away for a while (it was killed, and somebody starts it again) is waited for.
    """

    def __init__(self, url: str, patience: float = 300.0) -> None:
        address = urllib.parse.urlsplit(url)
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 80
        self.patience = patience

    def _once(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 500:
            raise ConnectionError(f"HTTP {response.status} {answer[:300]!r}")
        if response.status != 200:
            raise EngineError(f"{method} {path}: HTTP {response.status} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def _patiently[T](self, what: Callable[[], T]) -> T:
        """Does all of it again from the start when the engine goes away in the middle."""
        end = time.monotonic() + self.patience
        while True:
            try:
                return what()
            except (OSError, http.client.HTTPException) as e:
                if time.monotonic() > end:
                    raise EngineError(f"the engine at {self.host}:{self.port} is away: {e}") from e
                time.sleep(0.5)

    def weight_version(self) -> str:
        return str(self._patiently(lambda: self._once("GET", "/weight_info"))["weight_version"])

    def push(self, version: int) -> float:
        """Has it read the weights of its model folder and call them by the version; answers how long it stood still.

        What it generates meanwhile is kept: vLLM computes its cache anew and goes on with the new weights, and says so
        in the spans. An engine that was started again in the middle has read the same weights at its start.
        """

        def cycle() -> float:
            begun = time.monotonic()
            self._once("POST", "/pause?mode=keep")
            self._once("POST", "/collective_rpc", {"method": "reload_weights"})
            self._once("POST", "/update_weight_version", {"new_version": str(version)})
            self._once("POST", "/reset_prefix_cache")
            self._once("POST", "/resume")
            return time.monotonic() - begun

        return self._patiently(cycle)

    def generate(self, prompt: Sequence[int], samples: int, max_tokens: int) -> list[Completion]:
        """Samples from the model as it is: temperature 1 and nothing cut off, so log-probabilities are its own."""
        parameters = {
            "n": samples,
            "max_tokens": max_tokens,
            "temperature": 1.0,
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "repetition_penalty": 1.0,
            "logprobs": 0,
        }
        body = {"token_ids": list(prompt), "sampling_params": parameters}
        answer = self._patiently(lambda: self._once("POST", "/inference/v1/generate", body))
        return [
            Completion(
                tokens=choice["token_ids"],
                log_probs=[token["logprob"] for token in choice["logprobs"]["content"]],
                spans=[(int(span["version"]), span["start"], span["end"]) for span in choice["weight_versions"]],
                finish_reason=choice["finish_reason"],
            )
            for choice in answer["choices"]
        ]
