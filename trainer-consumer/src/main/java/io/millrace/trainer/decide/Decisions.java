package io.millrace.trainer.decide;

import io.millrace.common.record.ControlRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * What was decided.
 *
 * @param records to be written in this order, before anything is decided on top of them is told to anyone
 * @param outcomes in the order in which they came
 */
public record Decisions(List<ControlRecord> records, List<Outcome> outcomes) {
    /** Nothing. */
    public static final Decisions NONE = new Decisions(List.of(), List.of());

    public Decisions {
        records = List.copyOf(records);
        outcomes = List.copyOf(outcomes);
    }

    /** Collects decisions of several steps; one owner. */
    public static final class Collecting {
        private final List<ControlRecord> records = new ArrayList<>();
        private final List<Outcome> outcomes = new ArrayList<>();

        public void add(Decisions more) {
            records.addAll(more.records());
            outcomes.addAll(more.outcomes());
        }

        void record(ControlRecord record) {
            records.add(record);
        }

        void outcome(Outcome outcome) {
            outcomes.add(outcome);
        }

        /** What was collected since the last call. */
        public Decisions take() {
            if (records.isEmpty() && outcomes.isEmpty()) {
                return NONE;
            }
            Decisions taken = new Decisions(records, outcomes);
            records.clear();
            outcomes.clear();
            return taken;
        }
    }
}
