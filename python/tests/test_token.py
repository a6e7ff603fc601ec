"""A server that asks for a token, as the clients meet it."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from millrace import Client, Key, RefusedError

TOKEN = "a-token-0123456789"


class Locked(http.server.BaseHTTPRequestHandler):
    tokens: ClassVar[list[str]] = [TOKEN]

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") in [f"Bearer {token}" for token in self.tokens]
        body = json.dumps({"lineage": 3} if known else {"error": "a token is needed"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Locked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_token_comes_from_argument_file_or_environment(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(f"# the run's\n\n{TOKEN}\n")
    assert Client(url, key=Key(TOKEN)).lineage == 3
    assert Client(url, key=Key(token_file=file)).lineage == 3
    monkeypatch.setenv("MILLRACE_API_TOKEN_FILE", str(file))
    assert Client(url).lineage == 3
    monkeypatch.setenv("MILLRACE_API_TOKEN", TOKEN)
    monkeypatch.setenv("MILLRACE_API_TOKEN_FILE", "")
    assert Client(url).lineage == 3


def test_a_token_that_is_missing_or_wrong_is_an_error_at_once_and_stands_in_none(url: str) -> None:
    with pytest.raises(RefusedError, match="401 a token is needed") as missing:
        Client(url)
    assert missing.value.status == 401
    with pytest.raises(RefusedError) as wrong:
        Client(url, key=Key("another-token-0123456789"))
    assert "another-token" not in str(wrong.value)
    with pytest.raises(ValueError, match="printable ASCII") as unfit:
        Key("another token\n")
    assert "another" not in str(unfit.value)
    assert "another" not in repr(Key("another-token"))


def test_a_file_is_read_with_each_call_so_that_the_token_may_be_replaced(url: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    client = Client(url, key=Key(token_file=file))
    file.write_text("the-next-token-0123456789")
    with pytest.raises(RefusedError):
        client.status()
    Locked.tokens = [TOKEN, "the-next-token-0123456789"]
    try:
        assert client.status() == {"lineage": 3}
    finally:
        Locked.tokens = [TOKEN]
