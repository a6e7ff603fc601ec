"""Calls of the trainer consumer's HTTP API: what is tried again, how, and what the answers mean."""

import http.client
import importlib
import json
import os
import random
import ssl
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
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


class Key:
    """What opens a server that asks for a token, and tells that it is the right one. What is not given is what the
    environment says, so that a program which never heard of tokens reaches such a server too.

    :param token: else of the file, else ``MILLRACE_API_TOKEN``, else of the file ``MILLRACE_API_TOKEN_FILE``
    :param token_file: whose first line that is no comment is the token; read with each call, so that it may be replaced
    :param ca_file: PEM, who signs the server's certificate; else ``MILLRACE_TLS_CA_FILE``, else those of the system
    """

    def __init__(
        self,
        token: str | None = None,
        token_file: str | os.PathLike[str] | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> None:
        if token is None and token_file is None:
            token = os.environ.get("MILLRACE_API_TOKEN") or None
            token_file = os.environ.get("MILLRACE_API_TOKEN_FILE") or None
        self._token = token
        self._file = None if token is not None or token_file is None else Path(token_file)
        self._ca_file = ca_file or os.environ.get("MILLRACE_TLS_CA_FILE") or None
        self.headers()

    def headers(self) -> dict[str, str]:
        """:raises ValueError: without the token, when the file has none or it cannot stand in a header"""
        token = self._token if self._file is None else self._read(self._file)
        if token is None:
            return {}
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise ValueError("the token must be of printable ASCII characters, without spaces")
        return {"Authorization": f"Bearer {token}"}

    @staticmethod
    def _read(file: Path) -> str:
        for line in file.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                return line.strip()
        raise ValueError(f"{file} has no token")

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file)

    def __repr__(self) -> str:
        return f"Key(token={'none' if self._token is None and self._file is None else 'hidden'})"


class Transport:
    """Every call is idempotent by its step, token or id, so it is made again when it is not known what became of it:
    the server was not reached, broke off, or answered that it cannot now (429, 5xx). Thread-safe: a connection a call.

    :param patience: seconds after which a call is given up
    :param zstd: answers may come packed
    :param key: what the server asks for
    """

    def __init__(self, url: str, patience: float, zstd: bool = False, key: "Key | None" = None) -> None:
        self._key = Key() if key is None else key
        self._unpack = unpacker() if zstd else None
        address = urllib.parse.urlsplit(url if "//" in url else f"http://{url}")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"url must be http://HOST:PORT, was {url!r}")
        self._context = self._key.context() if address.scheme == "https" else None
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
            except ssl.SSLCertVerificationError as e:
                raise MillraceError(
                    f"{self._url}: {e.verify_message}; ca_file or MILLRACE_TLS_CA_FILE names whom to trust"
                ) from e
            except (OSError, http.client.HTTPException) as e:
                trouble = f"{type(e).__name__} {e}"
            # Trainers that lost the same server at once must not come back at once.
            pause = max(pause, delay * random.uniform(0.5, 1.0))
            if time.monotonic() + pause > end:
                raise UnavailableError(f"{method} {self._url}{path}, tried for {self.patience:g} s: {trouble}")
            time.sleep(pause)
            delay = min(LONGEST_DELAY, 2 * delay)

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None, wait: float) -> Answer:
        limit = EXCHANGE_LIMIT + wait
        if self._context is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=limit)
        else:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=limit, context=self._context)
        try:
            # Asked for with everything that may change something, so that no page of another site can.
            headers = {"Content-Type": "application/json", **self._key.headers()}
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
