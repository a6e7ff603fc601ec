"""Runs the benchmarks of scripts/bench one after the other and merges what they say."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "target" / "bench"
MILLRACE = ROOT / "scripts" / "millrace"
JAVA = ("publish", "collect", "hand-over", "latency")
PEERS = {"transport": "transport", "peer-latency": "latency", "loops": "loops"}
NAMES = (*JAVA, *PEERS, "slots")
LIMIT = "raw kafka-clients"
FREE_BYTES = 4 << 30

Lines = list[tuple[str, str, dict[str, float]]]


def memory_folder() -> Path | None:
    """A file system in memory with room, so that no disk is measured."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= FREE_BYTES else None


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [MILLRACE, "broker", "--kafka-port", str(port), "--data-dir", folder / "kafka", "--keep-data", "false"]
    environment = {**os.environ, "MILLRACE_JAVA_OPTS": "-Xmx1g -XX:+UseSerialGC"}
    with (OUT / "broker.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None:
                    raise OSError(f"the broker ended by itself: {OUT / 'broker.log'}")
                time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def java_arms(names: list[str], options: argparse.Namespace, folder: Path) -> Lines:
    figures = folder / "figures.json"
    command: list[Any] = [MILLRACE, "bench", "--only", ",".join(names), "--home", ROOT, "--output", figures]
    command += ["--python", sys.executable, "--rounds", str(options.rounds)]
    if options.quick:
        command += ["--tokens", "64", "--megabytes", "1", "--pace", "4", "--seconds", "1", "--warm-up", "0"]
    else:
        command += ["--seconds", "4"]
    if options.profile:
        command += ["--profile-folder", OUT]
    environment = {**os.environ, "MILLRACE_JAVA_OPTS": "-Xmx3g -XX:+UseSerialGC"}
    with broker(folder) as bootstrap:
        said = subprocess.run([*command, "--bootstrap", bootstrap], env=environment, stdout=subprocess.PIPE, check=True)
    (OUT / "rounds.log").write_bytes(said.stdout)
    lines: Lines = []
    for bench, arms in json.loads(figures.read_text()).items():
        for arm, by_name in arms.items():
            for number in range(len(next(iter(by_name.values())))):
                # What no time was spent on has no pace, and is not a number: at the smallest sizes only.
                told = {n: v[number] for n, v in by_name.items() if not isinstance(v[number], str)}
                lines.append((bench, arm, told))
    return lines


def peer_arms(names: list[str], options: argparse.Namespace, folder: Path) -> Lines:
    command: list[Any] = [sys.executable, ROOT / "scripts" / "bench-peers.py", "--rounds", str(options.rounds)]
    command += ["--only", ",".join(PEERS[name] for name in names)]
    if options.quick:
        command += ["--tokens", "64", "--megabytes", "1", "--pace", "4", "--seconds", "1", "--means", "0.3"]
        command += ["--loop-seconds", "1"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    values = [json.loads(line) for line in said.stdout.splitlines()]
    return [(value["bench"], value["arm"], value["figures"]) for value in values]


def slots(options: argparse.Namespace, folder: Path) -> Lines:
    """A whole cluster by the demo, once: it counts for longer than all rounds of a loop together."""
    lines: Lines = []
    # Mean time of a group, workers, steps: one of 32 groups each 0.95 s at 2 s, each 0.14 s at 0.3 s.
    cases = [(2.0, 1, 40), (0.3, 1, 250), (0.3, 4, 250)]
    for mean, workers, steps in [(0.3, 1, 20)] if options.quick else cases:
        report = folder / "demo.json"
        command: list[Any] = [MILLRACE, "demo", "--plain", "--workers", str(workers), "--slots", str(256 // workers)]
        command += ["--mean-group-time", f"{int(mean * 1000)}ms", "--pipeline-depth", "4", "--train-time", "0s"]
        command += ["--filler-median", "16", "--warm-up", "1s" if options.quick else "10s"]
        command += ["--steps", str(steps), "--report", report]
        with (OUT / "demo.log").open("wb") as log:
            subprocess.run(command, stdout=log, stderr=log, check=True)
        figures = json.loads(report.read_text())
        waits = figures["step_wait_seconds"]
        lines.append(
            (
                f"groups of {mean:g} s on 256 slots",
                f"millrace, {workers} worker{'s' if workers > 1 else ''}",
                {
                    "slots_busy": figures["slot_occupancy"],
                    "groups_per_second": figures["samples_per_second"] / 8,
                    "of_ideal": figures["samples_per_second"] / (256 / (0.4765 * mean)),
                    "step_wait_ms": statistics.median(waits[len(waits) // 2 :]) * 1000,
                    "groups_lost": float(figures["groups_abandoned"] + figures["groups_discarded"]),
                    "staleness_bound": 4.0,
                    "seconds": figures["window_seconds"],
                },
            )
        )
    return lines


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def merged(known: dict[str, Any], lines: Lines, stamp: dict[str, str]) -> None:
    """Rounds become medians; of an arm with a limit beside it, the ratio is that of each round's pair."""
    rounds: dict[str, dict[str, list[dict[str, float]]]] = {}
    for bench, arm, figures in lines:
        rounds.setdefault(bench, {}).setdefault(arm, []).append(figures)
    for bench, arms in rounds.items():
        limit = arms.get(LIMIT, [])
        for arm, each in arms.items():
            if arm != LIMIT and len(limit) == len(each):
                for ours, raw in zip(each, limit, strict=True):
                    if raw.get("groups_per_second", 0) == 0 or "groups_per_second" not in ours:
                        continue
                    ours["ratio"] = ours["groups_per_second"] / raw["groups_per_second"]
            known.setdefault(bench, {})[arm] = {
                **stamp,
                "figures": {
                    name: {
                        "median": rounded(statistics.median(values)),
                        "min": rounded(min(values)),
                        "max": rounded(max(values)),
                        "rounds": len(values),
                    }
                    for name in each[0]
                    for values in [[figures[name] for figures in each]]
                },
            }


def stamp() -> dict[str, str]:
    describe = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(describe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if sys.platform == "linux" else []
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "at": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{os.cpu_count()} x {(models or [platform.machine()])[0].strip()}, {memory:.0f} GiB",
    }


def hot_methods() -> None:
    jfr = Path(os.environ["JAVA_HOME"]) / "bin" / "jfr"
    for file in sorted(OUT.glob("*.jfr")):
        print(f"\n{file.relative_to(ROOT)}")
        said = subprocess.run([jfr, "view", "--width", "120", "hot-methods", file], stdout=subprocess.PIPE, check=False)
        print("\n".join([line for line in said.stdout.decode().splitlines() if line.strip()][:13]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Millrace beside raw Kafka clients and others.")
    parser.add_argument("--only", default=",".join(NAMES), help=f"comma separated, of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=5, help="kept of each arm")
    parser.add_argument("--quick", action="store_true", help="one round at the smallest sizes: whether it works")
    parser.add_argument("--profile", action="store_true", help="a JFR file of each of Millrace's arms, and top frames")
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/BENCHMARKS.md and its charts")
    options = parser.parse_args()
    names = options.only.split(",")
    for name in names:
        if name not in NAMES:
            parser.error(f"--only: '{name}' is none of {', '.join(NAMES)}")
    if options.quick:
        if options.docs:
            parser.error("--quick and --docs: figures of the smallest sizes say nothing")
        options.rounds = 1
    OUT.mkdir(parents=True, exist_ok=True)
    # Figures of sizes that say nothing stay apart.
    result = OUT / ("quick.json" if options.quick else "bench.json")
    with tempfile.TemporaryDirectory(prefix="millrace-bench-", dir=memory_folder()) as folder:
        lines: Lines = []
        ours, theirs = [name for name in names if name in JAVA], [name for name in names if name in PEERS]
        if ours:
            lines += java_arms(ours, options, Path(folder))
        if theirs:
            lines += peer_arms(theirs, options, Path(folder))
        if "slots" in names:
            lines += slots(options, Path(folder))
    places = [result, ROOT / "docs" / "benchmarks.json"] if options.docs else [result]
    for place in places:
        known = json.loads(place.read_text()) if place.exists() else {}
        merged(known, [(bench, arm, dict(figures)) for bench, arm, figures in lines], stamp())
        place.write_text(json.dumps(known, indent=1) + "\n")
    benches = {bench for bench, _, _ in lines}
    for bench, arms in json.loads(result.read_text()).items():
        for arm, told in arms.items() if bench in benches else ():
            print(f"{bench}, {arm}: " + ", ".join(f"{n} {f['median']:g}" for n, f in told["figures"].items()))
    if options.profile:
        hot_methods()
    if options.docs:
        subprocess.run([sys.executable, ROOT / "scripts" / "bench-report.py"], check=True)


if __name__ == "__main__":
    main()
