"""Receives OTLP traces by HTTP and judges those of one run: started by scripts/test-traces.

The messages are parsed by OpenTelemetry's own classes (package opentelemetry-proto), not by anything of ours.

    trace-receiver.py COMMAND...     runs the command with OTEL_EXPORTER_OTLP_ENDPOINT set, and judges what came
"""

from __future__ import annotations

import collections
import gzip
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

ROLES = {"millrace-producer", "millrace-worker", "millrace-trainer-consumer"}
LIMIT_SECONDS = 150

# By trace id: (service, span).
spans: dict[bytes, list] = collections.defaultdict(list)
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        ok = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
        if ok:
            request = ExportTraceServiceRequest.FromString(body)
            with lock:
                for resource in request.resource_spans:
                    service = text(resource.resource.attributes, "service.name")
                    for scope in resource.scope_spans:
                        for span in scope.spans:
                            spans[span.trace_id].append((service, span))
        self.send_response(200 if ok else 415)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def text(attributes: Iterable[KeyValue], name: str) -> object:
    for one in attributes:
        if one.key == name:
            return getattr(one.value, one.value.WhichOneof("value"))
    return None


def connected(trace: list) -> bool:
    """Whether every span but one root has its parent in the same trace."""
    ids = {span.span_id for _, span in trace}
    roots = [span for _, span in trace if not span.parent_span_id]
    return len(roots) == 1 and all(span.parent_span_id in ids for _, span in trace if span.parent_span_id)


def show(trace: list) -> None:
    begin = min(span.start_time_unix_nano for _, span in trace)
    children = collections.defaultdict(list)
    for service, span in trace:
        children[span.parent_span_id].append((service, span))

    def walk(parent: bytes, depth: int) -> None:
        for service, span in sorted(children[parent], key=lambda one: one[1].start_time_unix_nano):
            start = (span.start_time_unix_nano - begin) / 1e9
            took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
            print(f"  {start:8.3f} s +{took:7.3f} s  {'  ' * depth}{span.name}  ({service})")
            walk(span.span_id, depth + 1)

    walk(b"", 0)


def main() -> int:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = dict(os.environ, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
    command = subprocess.Popen(sys.argv[1:], env=env, stdout=subprocess.DEVNULL)
    try:
        code = command.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        # By SIGTERM, at which a demo stops what it has started.
        command.terminate()
        command.wait(30)
        print(f"test-traces: the command did not end within {LIMIT_SECONDS} s", file=sys.stderr)
        return 1
    if code != 0:
        print(f"test-traces: the command ended with {code}", file=sys.stderr)
        return 1
    with lock:
        groups = {
            trace_id: trace
            for trace_id, trace in spans.items()
            if any(text(span.attributes, "millrace.group_index") is not None for _, span in trace)
        }
        trained = [trace for trace in groups.values() if any(span.name == "train" for _, span in trace)]
        broken = [trace for trace in trained if not connected(trace)]
        partial = [trace for trace in trained if {service for service, _ in trace} != ROLES]
        steps = [span for trace in spans.values() for _, span in trace if span.name.startswith("train step")]
        indices = [
            {text(span.attributes, "millrace.group_index") for _, span in trace} - {None} for trace in groups.values()
        ]
    if trained:
        print("one trained group:")
        show(max(trained, key=len))
    print(
        f"test-traces: {sum(map(len, spans.values()))} spans, {len(groups)} groups' traces, {len(trained)} of them"
        f" trained, {len(broken)} of those not connected, {len(partial)} not of all three processes, {len(steps)} steps"
    )
    flaws = [
        name
        for name, wrong in {
            "no group was trained": not trained,
            "traces are not connected": broken,
            "traces lack a process": partial,
            "a trace has several groups": any(len(one) != 1 for one in indices),
            "a group has several traces": len(indices) != len(set.union(*indices) if indices else set()),
            "no step is linked to its groups": not any(len(step.links) > 1 for step in steps),
        }.items()
        if wrong
    ]
    print("test-traces: " + (", ".join(flaws) if flaws else "good"))
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main())
