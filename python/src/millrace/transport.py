"""Calls of the trainer consumer's HTTP API: what is tried again, how, and what the answers mean."""

import http.client
import importlib
import json
import random
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
EXCHANGE_LIMIT = 60.0
"""Seconds that a socket may stand still, beyond what the server was asked to wait."""


CHUNK_BYTES = 1 << 20
MISREAD_MAX = 3
"""Tries of what comes whole and cannot be read: another one is not going to be better."""


class MillraceError(Exception):
    """A call that led to nothing."""


class UnavailableError(MillraceError):
    """No usable answer within the patience. Nothing is known to have changed; the call may be made again."""


class RefusedError(MillraceError):
    """The request is wrong, and would be again."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ConflictError(RefusedError):
    """The request does not fit how the run stands now, which it says."""

    def __init__(self, message: str, body: Mapping[str, Any]) -> None:
        super().__init__(message, 409)
        self.lineage: int | None = body.get("lineage")
        self.step: int | None = body.get("step")
        self.weight_version: int | None = body.get("weight_version")
        self.state: str | None = body.get("state")


class ReplacedError(ConflictError):
    """The run is in another lineage: another trainer has taken over, or has gone back. This one is to end."""


class LeaseVoidError(ConflictError):
    """The step is leased anew, with other groups: what was fetched of it is not to be trained on. Lease again."""


class Answer:
    """A whole answer."""

    def __init__(self, status: int, body: bytearray, retry_after: float) -> None:
        self.status, self.body, self.retry_after = status, body, retry_after

    def json(self) -> dict[str, Any]:
        """:raises ValueError: when it is no JSON object"""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError(f"no JSON object: {bytes(self.body[:200])!r}")
        return value

    def refusal(self, call: str) -> "RefusedError":
        try:
            body = self.json()
        except ValueError:
            body = {}
        message = f"{call}: HTTP {self.status} {body.get('error', bytes(self.body[:200]))}"
        return ConflictError(message, body) if self.status == 409 else RefusedError(message, self.status)


class Transport:
    """Every call is idempotent by its step, token or id, so it is made again when it is not known what became of it:
    the server was not reached, broke off, or answered that it cannot now (429, 5xx). Thread-safe: a connection a call.

    :param patience: seconds after which a call is given up
    :param zstd: answers may come packed
    """

    def __init__(self, url: str, patience: float, zstd: bool = False) -> None:
        self._unpack = unpacker() if zstd else None
        address = urllib.parse.urlsplit(url if "//" in url else f"http://{url}")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"url must be http://HOST:PORT, was {url!r}")
        self._connect = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._host, self._port = address.hostname, address.port
        self._base = address.path.rstrip("/")
        self._url = url
        self.patience = patience

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, wait: float = 0.0
    ) -> tuple[int, dict[str, Any]]:
        """A call that is answered with JSON: the status, 200 or 202, and the answer."""
        return self.exchange(method, path, lambda answer: (answer.status, answer.json()), body, wait)

    def exchange(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        body: Mapping[str, Any] | None = None,
        wait: float = 0.0,
    ) -> T:
        """Makes the call until it is answered.

        :param read: makes the result; after a ValueError of it the call is made again, a few times
        :param wait: seconds that the server was asked to wait
        """
        end = time.monotonic() + self.patience
        delay = FIRST_DELAY
        misread = 0
        while True:
            pause = 0.0
            try:
                answer = self._once(method, path, body, wait)
                if answer.status in (200, 202):
                    return read(answer)
                refused = answer.refusal(f"{method} {path}")
                if answer.status != 429 and answer.status < 500:
                    raise refused
                trouble, pause = str(refused), answer.retry_after
            except ValueError as e:
                misread += 1
                if misread == MISREAD_MAX:
                    raise
                trouble = str(e)
            except (OSError, http.client.HTTPException) as e:
                trouble = f"{type(e).__name__} {e}"
            # Trainers that lost the same server at once must not come back at once.
            pause = max(pause, delay * random.uniform(0.5, 1.0))
            if time.monotonic() + pause > end:
                raise UnavailableError(f"{method} {self._url}{path}, tried for {self.patience:g} s: {trouble}")
            time.sleep(pause)
            delay = min(LONGEST_DELAY, 2 * delay)

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None, wait: float) -> Answer:
        connection = self._connect(self._host, self._port, timeout=EXCHANGE_LIMIT + wait)
        try:
            # Asked for with everything that may change something, so that no page of another site can.
            headers = {"Content-Type": "application/json"}
            if self._unpack is not None:
                headers["Accept-Encoding"] = "zstd"
            content = None if body is None else json.dumps(body)
            connection.request(method, self._base + path, content, headers)
            response = connection.getresponse()
            length = response.length
            # Writable, so that tensors can be made of it without a copy. Raises IncompleteRead where it is cut off.
            whole = bytearray()
            if self._unpack is not None and response.getheader("Content-Encoding") == "zstd":
                self._unpack(response, whole)
                missing = response.length or 0
            else:
                whole += response.read()
                missing = 0 if length is None else length - len(whole)
            if missing:
                raise http.client.IncompleteRead(b"", missing)
            return Answer(response.status, whole, seconds(response.getheader("Retry-After")))
        finally:
            connection.close()


def unpacker() -> Callable[[http.client.HTTPResponse, bytearray], None]:
    """Reads what zstd packed, chunk by chunk.

    :raises ImportError: where nothing here knows zstd
    """
    try:
        zstd = importlib.import_module("compression.zstd")
        opened: Callable[[http.client.HTTPResponse], Any] = zstd.ZstdFile
        errors: tuple[type[Exception], ...] = (zstd.ZstdError, EOFError)
    except ImportError:
        zstd = importlib.import_module("zstandard")
        opened = zstd.ZstdDecompressor().stream_reader
        errors = (zstd.ZstdError,)

    def read(response: http.client.HTTPResponse, whole: bytearray) -> None:
        try:
            with opened(response) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    whole += chunk
        except errors as e:
            raise http.client.HTTPException(f"what came packed cannot be unpacked: {e}") from e

    return read


def seconds(text: str | None) -> float:
    try:
        return min(60.0, max(0.0, float(text or 0)))
    except ValueError:
        return 0.0
