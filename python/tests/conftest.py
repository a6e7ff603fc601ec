"""A real HTTP server that answers as a test tells it to."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cluster import Cluster
from millrace import transport


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    """JSON, or bytes."""
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """The connection ends after so many bytes of the body."""
    hang_up: bool = False
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    headers: dict[str, str]


class Script:
    """Replies by what is asked, each once but the last, which stays; and what was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[Request] = []
        self.url = ""

    def on(self, what: str, *replies: Reply) -> None:
        """:param what: method and path without its query"""
        self.replies[what] = list(replies)

    def asked(self, what: str) -> list[Request]:
        return [request for request in self.requests if f"{request.method} {request.path.split('?')[0]}" == what]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        left = self.replies.get(f"{request.method} {request.path.split('?')[0]}", [Reply(404, {"error": "nothing"})])
        return left.pop(0) if len(left) > 1 else left[0]


def handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(content) if content else None
            reply = script.reply(Request(self.command, self.path, body, dict(self.headers)))
            self.close_connection = True
            if reply.hang_up:
                return
            data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: reply.cut_at])

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - likewise
            pass

    return Handler


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(transport, "FIRST_DELAY", 0.001)
    script = Script()
    script.on("GET /v1/status", Reply(body={"lineage": 2, "next_step": 7}))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(script))
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(machines: Cluster) -> Iterator[Cluster]:
    yield machines
    machines.end_run()
