package io.millrace.sandbox.trainer;

import io.millrace.common.id.RunId;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.sandbox.engine.ledger.LedgerLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether the weight-version spans of a batch are those that the engines' own request ledgers have, token for token: a
 * sample's requests ({@code run.gGROUP.aATTEMPT.sSAMPLE.tTRY}) one behind the other. Pure.
 */
final class SpanCheck {
    private record Piece(long attempt, List<long[]> spans) {}

    private SpanCheck() {}

    /**
     * @param ledger rows of every engine's ledger
     * @return a line for each sample that differs
     */
    static List<String> differences(RunId run, RolloutBatch batch, List<LedgerLine> ledger) {
        Map<String, List<Piece>> pieces = new HashMap<>();
        for (LedgerLine row : ledger) {
            String rid = row.rid();
            int dot = rid.lastIndexOf(".t");
            if (dot > 0 && rid.startsWith(run + ".g")) {
                pieces.computeIfAbsent(rid.substring(0, dot), none -> new ArrayList<>())
                        .add(new Piece(Long.parseLong(rid.substring(dot + 2)), spans(row)));
            }
        }
        List<String> differences = new ArrayList<>();
        for (RolloutGroup group : batch.groups()) {
            GroupHeader header = group.header();
            for (int i = 0; i < header.samples().size(); i++) {
                String name = run + ".g" + header.groupIndex() + ".a" + header.attempt() + ".s" + i;
                List<String> expected = words(joined(pieces.getOrDefault(name, List.of())));
                List<String> found = words(header.samples().get(i).weightVersions().stream()
                        .map(SpanCheck::span)
                        .toList());
                if (!expected.equals(found)) {
                    differences.add("sample " + name + " has the version spans " + found + ", the engine's ledger has "
                            + expected);
                }
            }
        }
        return differences;
    }

    private static long[] span(VersionSpan span) {
        return new long[] {span.version().value(), span.from(), span.to()};
    }

    /** A version that is no number, such as SGLang's "default", is the one before any update. */
    private static List<long[]> spans(LedgerLine row) {
        return row.weightVersions().stream()
                .map(span -> new long[] {
                    span.version().matches("\\d+") ? Long.parseLong(span.version()) : 0, span.start(), span.end()
                })
                .toList();
    }

    private static List<long[]> joined(List<Piece> pieces) {
        List<long[]> joined = new ArrayList<>();
        long at = 0;
        for (Piece piece :
                pieces.stream().sorted(Comparator.comparingLong(Piece::attempt)).toList()) {
            for (long[] span : piece.spans()) {
                long[] next = {span[0], at + span[1], at + span[2]};
                if (!joined.isEmpty() && joined.getLast()[0] == next[0]) {
                    joined.getLast()[2] = next[2];
                } else {
                    joined.add(next);
                }
            }
            at = joined.isEmpty() ? 0 : joined.getLast()[2];
        }
        return joined;
    }

    private static List<String> words(List<long[]> spans) {
        return spans.stream()
                .map(span -> span[0] + ": " + span[1] + " to " + span[2])
                .toList();
    }
}
