"""Starts the real vLLM with the tiny model on this machine's CPU, and ends it: what scripts/real-engine runs.

The model folder is the engine's and the trainer's: who trains saves new weights there and has the engine read them
again. An engine that is started anew goes on with the weights that it finds, under the version that they carry.
"""

import argparse
import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millrace"
NAME = "tiny"
"""The model's name in requests."""
PORT_LIMIT = 15.0
"""Seconds."""


def fail(reason: str) -> NoReturn:
    print(f"real-engine: {reason}", file=sys.stderr)
    raise SystemExit(1)


def pretrained_model() -> Path:
    """The folder of the pre-trained model in the cache, made where it is not there."""
    key = hashlib.sha256((HERE / "model.py").read_bytes() + (HERE / "requirements.txt").read_bytes()).hexdigest()[:12]
    folder = CACHE / f"tiny-model-{key}"
    if not folder.is_dir():
        environment = os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, str(HERE / "model.py"), str(folder)]
        if subprocess.run(command, check=False, env=environment, stdout=sys.stderr).returncode != 0:
            fail("the model could not be made")
    return folder


def working_copy(folder: Path, fresh: bool) -> None:
    """Copies the pre-trained model to where it is trained, unless that has one already."""
    if folder.exists() and not (folder / "config.json").is_file():
        fail(f"{folder} is there and holds no model")
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        shutil.copytree(pretrained_model(), beside, dirs_exist_ok=True)
        os.rename(beside, folder)


def weight_version(folder: Path) -> str:
    """The version that the weights carry, read from the head of the file; "0" before the first update."""
    with open(folder / "model.safetensors", "rb") as weights:
        head = json.loads(weights.read(int.from_bytes(weights.read(8), "little")))
    return str(head.get("__metadata__", {}).get("weight_version", "0"))


def end_with_parent() -> None:
    """In the engine's process: SIGTERM when its starter is gone, so that kill -9 leaves no engine behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Engine:
    """One vLLM: its process group, its log and its scratch folder."""

    def __init__(self, arguments: argparse.Namespace, scratch: Path) -> None:
        self.port: int = arguments.port
        self.folder: Path = arguments.model_dir
        self.log: Path = arguments.log
        self.gate = scratch / "open"
        options = {
            "--host": "127.0.0.1",
            "--port": self.port,
            "--model": self.folder,
            "--served-model-name": NAME,
            "--dtype": "float32",
            "--max-num-seqs": arguments.max_sequences,
            "--max-model-len": arguments.max_length,
            "--middleware": "ready_gate.ReadyGate",
            "--scheduling-policy": "priority",
        }
        command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--enforce-eager"]
        command += [str(word) for option in options.items() for word in option]
        if not arguments.completions_only:
            command.append("--enable-scale-out")
        environment = os.environ | {
            "HF_HUB_OFFLINE": "1",
            "MILLRACE_GATE": str(self.gate),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(HERE),
            "VLLM_CACHE_ROOT": str(CACHE / "vllm"),
            "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "VLLM_NO_USAGE_STATS": "1",
            "VLLM_RPC_BASE_PATH": str(scratch),
            "VLLM_SERVER_DEV_MODE": "1",  # pause, resume, weights
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=scratch,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - there is one thread
            )

    def call(self, method: str, path: str, body: Any = None) -> bool:
        """Whether the engine answered with 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Content-Type": "application/json", "X-Millrace-Gate": "starter"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def name_and_warm_up(self) -> str | None:
        """Names the weights and makes a first token, which takes long; then the gate opens.

        A trainer may have saved new weights while vLLM started, before or after it read them. So it reads them once
        more, until the folder has the same version behind the reading as before. It ends: the trainer saves no further
        weights before it has had an engine read these, and none can be asked yet.

        :return: the version that it serves; None when it does not answer yet
        """
        prompt = {"prompt": [3], "max_tokens": 2, "temperature": 0}
        version = None
        while version != (version := weight_version(self.folder)):
            if not self.call("POST", "/collective_rpc", {"method": "reload_weights"}):
                return None
        ready = self.call("POST", "/update_weight_version", {"new_version": version})
        ready = ready and self.call("POST", "/v1/completions", prompt)
        if ready:
            self.gate.touch()
        return version if ready else None

    def stop(self) -> None:
        """Ends the engine and every process that it started."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(["", *lines[-15:], f"(the whole log: {self.log})"])


def serve(arguments: argparse.Namespace, scratch: Path) -> None:
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    begun = time.monotonic()
    engine = Engine(arguments, scratch)
    try:
        ready = False
        while not stopping:
            if engine.process.poll() is not None:
                fail(f"vLLM ended by itself with {engine.process.returncode}{engine.last_words()}")
            if not ready and engine.call("GET", "/health"):
                version = engine.name_and_warm_up()
                ready = version is not None
                if ready:
                    took = time.monotonic() - begun
                    url = f"http://127.0.0.1:{engine.port}"
                    print(f"ready after {took:.0f} s: {url} model={NAME} version={version} {engine.folder}", flush=True)
            if not ready and time.monotonic() - begun > arguments.ready_timeout:
                fail(f"vLLM was not ready after {arguments.ready_timeout} s{engine.last_words()}")
            time.sleep(0.2)
    finally:
        engine.stop()


def require_port(port: int) -> None:
    """An engine that was killed a moment ago may still have it."""
    end = time.monotonic() + PORT_LIMIT
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return
            except OSError as e:
                if time.monotonic() > end:
                    fail(f"port {port} cannot be had: {e.strerror}")
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="real-engine",
        description="A real vLLM with a tiny model that adds, on this machine's CPU, until SIGTERM or Ctrl-C. "
        "What it needs is installed once, into the user's cache folder.",
    )
    parser.add_argument("--port", type=int, default=8000, help="on 127.0.0.1 (%(default)s)")
    parser.add_argument(
        "--model-dir", type=Path, default=REPOSITORY / ".millrace" / "tiny-model", help="the model that is trained"
    )
    parser.add_argument("--fresh", action="store_true", help="begin with the pre-trained model, not with what is there")
    parser.add_argument("--log", type=Path, help="vLLM's output (beside the model folder)")
    parser.add_argument("--max-sequences", type=int, default=64, help="generated at once (%(default)s)")
    parser.add_argument("--max-length", type=int, default=256, help="tokens of prompt and answer (%(default)s)")
    parser.add_argument("--completions-only", action="store_true", help="leave /inference/v1/generate closed")
    parser.add_argument("--ready-timeout", type=int, default=300, help="seconds (%(default)s)")
    parser.add_argument("--setup-only", action="store_true", help="make environment and model, start nothing")
    arguments = parser.parse_args()
    arguments.model_dir = arguments.model_dir.resolve()
    arguments.log = (arguments.log or arguments.model_dir.parent / f"{arguments.model_dir.name}.log").resolve()
    if arguments.setup_only:
        pretrained_model()
        return
    require_port(arguments.port)
    working_copy(arguments.model_dir, arguments.fresh)
    with tempfile.TemporaryDirectory(prefix="millrace-engine-", ignore_cleanup_errors=True) as scratch:
        serve(arguments, Path(scratch))


if __name__ == "__main__":
    main()
