"""Writes the generated parts of docs/BENCHMARKS.md and its charts from docs/benchmarks.json; --check only compares."""

from __future__ import annotations

import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "BENCHMARKS.md"
OURS = "millrace"
LIMIT = "raw kafka-clients"
REDIS, LINES, SERVER = "Redis stream, pickle", "JSON lines in a file", "HTTP server of JSON"
TRANSPORTS = [OURS, LIMIT, REDIS, LINES, SERVER]
TITLES = {
    OURS: "Millrace",
    LIMIT: "raw Kafka clients",
    REDIS: "Redis stream",
    LINES: "JSON lines",
    SERVER: "HTTP + JSON",
}
COLOURS = {OURS: "#2f6fdd", LIMIT: "#8c8f98", REDIS: "#c8553d", LINES: "#c9a227", SERVER: "#7a5ea8"}
SPARE = ["#c8553d", "#c9a227", "#7a5ea8", "#4c8c6b", "#8c8f98"]
LESS_IS_MORE = ("ms", "gb", "token")

Results = dict[str, dict[str, dict[str, Any]]]


def title(arm: str) -> str:
    return TITLES.get(arm, re.sub("^millrace", "Millrace", arm))


def figure(results: Results, bench: str, arm: str, name: str) -> dict[str, float] | None:
    found: dict[str, float] | None = results.get(bench, {}).get(arm, {}).get("figures", {}).get(name)
    return found


def number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def spread(told: dict[str, float] | None) -> str:
    """Median, and from which to which the rounds went."""
    if told is None:
        return "-"
    median = number(told["median"])
    return median if told["rounds"] == 1 else f"{median} <sub>{number(told['min'])} to {number(told['max'])}</sub>"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, marks, *rows]]


def benches(results: Results, start: str) -> list[str]:
    return sorted((b for b in results if b.startswith(start)), key=lambda b: [int(n) for n in re.findall(r"\d+", b)])


def compared(results: Results, names: list[tuple[str, str]], arms: list[str]) -> list[str]:
    """A row for each benchmark and figure, a column for each arm."""
    rows = []
    for bench, name in names:
        ratio = figure(results, bench, OURS, "ratio")
        of_limit = spread(ratio) if name == "groups_per_second" else ""
        row = [f"{bench}, {words(name)}", *(spread(figure(results, bench, arm, name)) for arm in arms)]
        rows.append([*row, of_limit] if LIMIT in arms else row)
    return table(["", *map(title, arms), *(["of raw Kafka"] if LIMIT in arms else [])], rows)


def words(name: str) -> str:
    known = {
        "groups_per_second": "groups/s",
        "mb_per_second": "MB/s",
        "cpu_seconds_per_gb": "client's CPU s/GB",
        "bytes_per_token": "bytes a token",
        "p50_ms": "p50, ms",
        "p99_ms": "p99, ms",
    }
    return known.get(name, name.replace("_", " "))


def standing(results: Results) -> list[str]:
    names = [(b, "groups_per_second") for start in ("publish", "collect") for b in benches(results, start)]
    return compared(results, names, TRANSPORTS)


def detail(results: Results) -> list[str]:
    names = [
        (b, name)
        for start in ("publish", "collect")
        for b in benches(results, start)
        for name in ("mb_per_second", "cpu_seconds_per_gb", "bytes_per_token")
        if any(figure(results, b, arm, name) for arm in TRANSPORTS)
    ]
    return compared(results, names, TRANSPORTS)


def latency(results: Results) -> list[str]:
    names = [(b, name) for b in benches(results, "completed to leased") for name in ("p50_ms", "p99_ms")]
    return compared(results, names, [OURS, REDIS, LINES])


def by_arm(results: Results, bench: str, columns: dict[str, str]) -> list[str]:
    arms = results.get(bench, {})
    shown = {name: head for name, head in columns.items() if any(name in told["figures"] for told in arms.values())}
    rows = [[title(arm), *(spread(told["figures"].get(name)) for name in shown)] for arm, told in arms.items()]
    return table(["", *shown.values()], rows)


def hand_over(results: Results) -> list[str]:
    columns = {
        "ms": "whole, ms",
        "first_byte_ms": "to the first byte, ms",
        "body_ms": "the body, ms",
        "parse_ms": "into arrays, ms",
        "megabytes": "MB",
    }
    lines: list[str] = []
    for bench in benches(results, "hand-over"):
        lines += [f"{bench[0].upper()}{bench[1:]}:", "", *by_arm(results, bench, columns), ""]
    return lines[:-1]


def loops(results: Results) -> list[str]:
    columns = {
        "slots_busy": "slots busy",
        "of_ideal": "groups/s of what the slots allow",
        "groups_per_second": "groups/s",
        "staleness_mean": "staleness, mean",
        "staleness_max": "most",
        "staleness_bound": "bound",
        "step_wait_ms": "trainer waits for a step, ms",
        "groups_lost": "groups lost",
    }
    lines: list[str] = []
    for bench in benches(results, "groups of"):
        lines += [f"{bench[0].upper()}{bench[1:]}:", "", *by_arm(results, bench, columns), ""]
    return lines[:-1]


def losses(results: Results) -> list[str]:
    """Everything that another arm does better, by the medians."""
    lines = []
    for bench, arms in results.items():
        mine = [arm for arm in arms if arm.startswith(OURS) and "JSON" not in arm]
        for name in ("groups_per_second", "cpu_seconds_per_gb", "p50_ms", "p99_ms", "ms", "slots_busy", "of_ideal"):
            ours = [arms[arm]["figures"][name]["median"] for arm in mine if name in arms[arm]["figures"]]
            theirs = {
                a: t["figures"][name]["median"] for a, t in arms.items() if a not in mine and name in t["figures"]
            }
            if not ours or not theirs:
                continue
            less = name.endswith(LESS_IS_MORE)
            best = min(ours) if less else max(ours)
            better = {arm: v for arm, v in theirs.items() if (v < best if less else v > best)}
            if better:
                told = ", ".join(f"{title(arm)} {number(value)}" for arm, value in better.items())
                lines.append(f"- {bench}, {words(name)}: Millrace {number(best)}; {told}")
    return lines or ["- nothing that is measured here"]


def conditions(results: Results) -> list[str]:
    seen: dict[tuple[str, str, str], list[str]] = {}
    for bench, arms in results.items():
        for told in arms.values():
            benches_of = seen.setdefault((told["at"], told["commit"], told["machine"]), [])
            if bench not in benches_of:
                benches_of.append(bench)
    return [f"- {at}, `{commit}`, {machine}: {'; '.join(of)}" for (at, commit, machine), of in seen.items()]


def chart(heading: str, groups: list[tuple[str, list[tuple[str, float]]]], unit: str) -> str:
    """Bars by group, each group on a scale of its own."""
    colours: dict[str, str] = {}
    left, width, bar, y = 190, 420, 16, 52
    body: list[str] = []
    for name, values in groups:
        body.append(f'<text x="12" y="{y + 12}" class="g">{escape(name)}</text>')
        y += 22
        top = max((value for _, value in values), default=1) or 1
        for arm, value in values:
            colour = colours.setdefault(arm, COLOURS.get(arm) or SPARE[len(colours) % len(SPARE)])
            if arm.startswith(OURS):
                colour = COLOURS[OURS]
            long = max(1.0, width * value / top)
            body.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(title(arm))}</text>')
            body.append(f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{bar - 3}" rx="2" fill="{colour}"/>')
            body.append(f'<text x="{left + long + 6:.1f}" y="{y + 11}">{number(value)}</text>')
            y += bar + 2
        y += 12
    style = "text{font:12px sans-serif;fill:#24292f}.h{font-size:15px;font-weight:600}.g{font-weight:600}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {y}" role="img" aria-label="{escape(heading)}">\n'
        f'<style>{style}</style>\n<rect width="720" height="{y}" rx="6" fill="#ffffff"/>\n'
        f'<text x="12" y="26" class="h">{escape(heading)}</text>\n'
        f'<text x="708" y="26" text-anchor="end">{escape(unit)}</text>\n' + "\n".join(body) + "\n</svg>\n"
    )


def bars(
    results: Results, start: str, name: str, arms: list[str] | None = None
) -> list[tuple[str, list[tuple[str, float]]]]:
    groups = []
    for bench in benches(results, start):
        told = [(arm, figure(results, bench, arm, name)) for arm in arms or results[bench]]
        groups.append((bench, [(arm, found["median"]) for arm, found in told if found]))
    return groups


def charts(results: Results) -> dict[str, str]:
    return {
        "bench-publish.svg": chart(
            "Groups written a second", bars(results, "publish", "groups_per_second", TRANSPORTS), "groups/s"
        ),
        "bench-collect.svg": chart(
            "Groups read a second", bars(results, "collect", "groups_per_second", TRANSPORTS), "groups/s"
        ),
        "bench-slots.svg": chart("Of the engine's 256 slots busy", bars(results, "groups of", "slots_busy"), "share"),
    }


def page(results: Results) -> str:
    text = PAGE.read_text()
    parts = {
        "standing": standing(results),
        "losses": losses(results),
        "latency": latency(results),
        "hand-over": hand_over(results),
        "loops": loops(results),
        "detail": detail(results),
        "conditions": conditions(results),
    }
    for name, lines in parts.items():
        begin, end = f"<!-- {name}: generated by scripts/bench -->", f"<!-- end of {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"bench-report: {PAGE.name} has no part '{name}'")
        told = "\n".join([begin, "", *lines, "", end])
        text = pattern.sub(lambda _, told=told: told, text)
    return text


def main() -> None:
    results: Results = json.loads((DOCS / "benchmarks.json").read_text())
    wanted = {PAGE: page(results)} | {DOCS / "images" / name: svg for name, svg in charts(results).items()}
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    if "--check" in sys.argv:
        if stale:
            names = ", ".join(file.name for file in stale)
            sys.exit(f"bench-report: {names} is not what docs/benchmarks.json says: run scripts/bench-report.py")
        return
    for file in stale:
        file.write_text(wanted[file])


if __name__ == "__main__":
    main()
