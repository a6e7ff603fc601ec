package io.millrace.ops.trace;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.ops.text.TextTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A group's life as lines for people. */
final class Timeline {
    private Timeline() {}

    static List<String> lines(RunId run, GroupIndex group, GroupLife life) {
        long beginMs = life.beginMs().orElseThrow();
        List<String> lines = new ArrayList<>();
        lines.add("group " + group + " of run " + run + ": " + life.end());
        lines.add((life.isAdmissionKnown()
                        ? "admitted " + Instant.ofEpochMilli(beginMs) + ", "
                        : "its prompt is trimmed; the first record left is of " + Instant.ofEpochMilli(beginMs) + ", ")
                + GroupLife.seconds(life.age().toMillis()) + " in all, by the broker's clock");
        TextTable table = new TextTable("after", "who", "what");
        for (Moment moment : life.moments()) {
            table.row(
                    String.format(Locale.ROOT, "%+.3f s", (moment.atMs() - beginMs) / 1_000.0),
                    moment.who(),
                    // Causes may be of several lines.
                    moment.what().replaceAll("\\s+", " "));
        }
        lines.addAll(table.lines());
        return lines;
    }
}
