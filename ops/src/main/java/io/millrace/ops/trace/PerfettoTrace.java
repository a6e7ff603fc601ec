package io.millrace.ops.trace;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A group's life in the JSON form of Chrome's trace event format, which ui.perfetto.dev and chrome://tracing open: a process
 * for each that had a part in it, a thread for the group and one for each sample, times in microseconds since 1970.
 */
final class PerfettoTrace {
    private PerfettoTrace() {}

    static ObjectNode json(RunId run, GroupIndex group, GroupLife life) {
        ObjectNode trace = Json.object();
        ArrayNode events = trace.putArray("traceEvents");
        Map<String, Integer> processes = new LinkedHashMap<>();
        for (Moment moment : life.moments()) {
            int process = process(processes, moment.who(), events);
            ObjectNode event = event(events, moment.what(), "i", process, 0);
            event.put("ts", moment.atMs() * 1_000);
            event.put("s", "t");
        }
        for (Stretch stretch : life.stretches()) {
            int process = process(processes, stretch.who(), events);
            ObjectNode event = event(events, stretch.what(), "X", process, stretch.track());
            event.put("ts", stretch.fromMs() * 1_000);
            event.put("dur", (stretch.toMs() - stretch.fromMs()) * 1_000);
        }
        life.stretches().stream()
                .filter(stretch -> stretch.track() > 0)
                .map(stretch -> Map.entry(stretch.who(), stretch.track()))
                .distinct()
                .forEach(track -> name(
                        events,
                        "thread_name",
                        process(processes, track.getKey(), events),
                        track.getValue(),
                        "sample " + (track.getValue() - 1)));
        trace.put("displayTimeUnit", "ms");
        ObjectNode other = trace.putObject("otherData");
        other.put("run", run.value());
        other.put("group", group.value());
        return trace;
    }

    private static int process(Map<String, Integer> processes, String who, ArrayNode events) {
        Integer known = processes.get(who);
        if (known != null) {
            return known;
        }
        int process = processes.size() + 1;
        processes.put(who, process);
        name(events, "process_name", process, 0, who);
        name(events, "thread_name", process, 0, "group");
        return process;
    }

    private static void name(ArrayNode events, String kind, int process, int thread, String name) {
        event(events, kind, "M", process, thread).putObject("args").put("name", name);
    }

    private static ObjectNode event(ArrayNode events, String name, String phase, int process, int thread) {
        ObjectNode event = events.addObject();
        event.put("name", name);
        event.put("cat", "millrace");
        event.put("ph", phase);
        event.put("pid", process);
        event.put("tid", thread);
        return event;
    }
}
