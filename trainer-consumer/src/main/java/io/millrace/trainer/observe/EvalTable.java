package io.millrace.trainer.observe;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.trainer.observe.RunView.Evaluation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The newest evaluations. Not thread-safe. */
final class EvalTable {
    static final int EVALUATIONS_MAX = 64;

    private static final class Entry {
        final String id;
        String state = "requested";
        WeightVersion version = new WeightVersion(0);
        long requestedMs;
        EvalRecord.@Nullable Issued issued;

        @Nullable
        Long endedMs;

        @Nullable
        String cause;

        List<EvalRecord.DataSetReport> dataSets = List.of();

        Entry(String id) {
            this.id = id;
        }
    }

    private final Map<String, Entry> byId = new LinkedHashMap<>();

    /** @return the groups that have ended with it; null where none have */
    EvalRecord.@Nullable Issued take(EvalRecord record, long ms) {
        Entry entry = byId.computeIfAbsent(record.evalId(), Entry::new);
        if (byId.size() > EVALUATIONS_MAX) {
            byId.remove(byId.keySet().iterator().next());
        }
        switch (record) {
            case EvalRecord.Request request -> {
                entry.version = request.weightVersion();
                entry.requestedMs = ms;
            }
            case EvalRecord.Loading _ -> entry.state = "loading";
            case EvalRecord.Issued issued -> {
                entry.state = "running";
                entry.version = issued.weightVersion();
                entry.issued = issued;
            }
            case EvalRecord.Missing _ -> {}
            case EvalRecord.Failed failed -> {
                entry.cause = failed.cause();
                return ended(entry, "failed", ms);
            }
            case EvalRecord.Cancelled _ -> {
                return ended(entry, "cancelled", ms);
            }
            case EvalRecord.Report report -> {
                entry.version = report.weightVersion();
                entry.dataSets = report.dataSets();
                entry.cause = report.complete() ? null : "the time was up before every group had ended";
                return ended(entry, "reported", ms);
            }
        }
        return null;
    }

    private static EvalRecord.@Nullable Issued ended(Entry entry, String state, long ms) {
        entry.state = state;
        entry.endedMs = ms;
        return entry.issued;
    }

    /** Whether an evaluation that is known to have ended issued this group. */
    boolean isOver(GroupIndex index) {
        for (Entry entry : byId.values()) {
            EvalRecord.Issued issued = entry.issued;
            if (entry.endedMs != null
                    && issued != null
                    && index.compareTo(issued.first()) >= 0
                    && index.compareTo(issued.end()) < 0) {
                return true;
            }
        }
        return false;
    }

    /** The newest first. */
    List<Evaluation> rows(GroupTable groups) {
        List<Evaluation> rows = new ArrayList<>(byId.size());
        for (Entry entry : new ArrayList<>(byId.values()).reversed()) {
            EvalRecord.Issued issued = entry.issued;
            long count =
                    issued == null ? 0 : issued.end().value() - issued.first().value();
            rows.add(new Evaluation(
                    entry.id,
                    entry.state,
                    entry.version,
                    entry.requestedMs,
                    count,
                    issued == null || entry.endedMs != null ? count : done(issued, groups),
                    entry.endedMs,
                    entry.cause,
                    entry.dataSets));
        }
        return rows;
    }

    private static long done(EvalRecord.Issued issued, GroupTable groups) {
        long done = 0;
        for (GroupTable.Group group : groups.all()) {
            boolean of = group.index.compareTo(issued.first()) >= 0 && group.index.compareTo(issued.end()) < 0;
            done += of && group.stage == GroupTable.Stage.FINISHED ? 1 : 0;
        }
        return done;
    }
}
