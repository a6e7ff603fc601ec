package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands on the {@code steps} topic: the trainer consumer's decisions, the only place where groups are settled. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = StepRecord.Lease.class, name = "lease"),
    @JsonSubTypes.Type(value = StepRecord.Acknowledgement.class, name = "acknowledgement"),
    @JsonSubTypes.Type(value = StepRecord.Discard.class, name = "discard"),
    @JsonSubTypes.Type(value = StepRecord.Abandonment.class, name = "abandonment"),
    @JsonSubTypes.Type(value = StepRecord.Rejection.class, name = "rejection"),
    @JsonSubTypes.Type(value = StepRecord.Missing.class, name = "missing"),
    @JsonSubTypes.Type(value = StepRecord.LeaseVoid.class, name = "lease_void"),
    @JsonSubTypes.Type(value = StepRecord.Skip.class, name = "skip"),
    @JsonSubTypes.Type(value = StepRecord.Resume.class, name = "resume"),
    @JsonSubTypes.Type(value = StepRecord.Snapshot.class, name = "snapshot")
})
public sealed interface StepRecord extends ControlRecord {
    /**
     * Groups settled so far in the run, this record counted in.
     *
     * @param lowWaterMark every group index below it is settled
     */
    record Totals(long trained, long discarded, long abandoned, long lowWaterMark) {
        /** Before anything was settled. */
        public static final Totals NONE = new Totals(0, 0, 0, 0);

        public long settled() {
            return trained + discarded + abandoned;
        }
    }

    /**
     * Where one group of a step stands.
     *
     * @param oldestVersion the oldest weight version that made any of its tokens
     * @param partition of the results topic
     * @param offsets of its records, in order
     */
    record ManifestEntry(
            GroupIndex groupIndex, Attempt attempt, WeightVersion oldestVersion, int partition, List<Long> offsets) {
        public ManifestEntry {
            offsets = List.copyOf(offsets);
            if (partition < 0 || offsets.isEmpty()) {
                throw new IllegalArgumentException("a manifest entry names its partition and at least one offset");
            }
        }
    }

    /**
     * A step handed to the trainer; the same step gives these very records until it is acknowledged.
     *
     * @param leaseId tells this lease from every other, also of the same step
     * @param weightVersion the trainer's version at hand-over
     * @param versionOffset that number less what the trainer called it then
     * @param groups ascending by group index, each once
     * @param maskBelow tokens of older versions than this one are handed over with {@code loss_mask} 0; null where none
     *     are
     * @param figures what its groups come to, for people; null where a trainer consumer did not say
     */
    record Lease(
            Lineage lineage,
            StepNumber step,
            LeaseId leaseId,
            WeightVersion weightVersion,
            long versionOffset,
            long leasedAtMs,
            List<ManifestEntry> groups,
            @Nullable WeightVersion maskBelow,
            @Nullable StepFigures figures)
            implements StepRecord {
        /** Without figures. */
        public Lease(
                Lineage lineage,
                StepNumber step,
                LeaseId leaseId,
                WeightVersion weightVersion,
                long versionOffset,
                long leasedAtMs,
                List<ManifestEntry> groups,
                @Nullable WeightVersion maskBelow) {
            this(lineage, step, leaseId, weightVersion, versionOffset, leasedAtMs, groups, maskBelow, null);
        }

        /** A step without masked tokens, of a trainer whose words are the numbers. */
        public Lease(
                Lineage lineage,
                StepNumber step,
                LeaseId leaseId,
                WeightVersion weightVersion,
                long leasedAtMs,
                List<ManifestEntry> groups) {
            this(lineage, step, leaseId, weightVersion, 0, leasedAtMs, groups, null, null);
        }

        /** What the trainer called the version at hand-over. */
        public WeightVersion word() {
            return new WeightVersion(Math.max(0, weightVersion.value() - versionOffset));
        }

        /** The same of some of its groups, without figures. */
        public Lease of(List<ManifestEntry> some) {
            return new Lease(lineage, step, leaseId, weightVersion, versionOffset, leasedAtMs, some, maskBelow, null);
        }

        /** What the trainer names it by. */
        public LeaseToken token() {
            return new LeaseToken(lineage, step, leaseId);
        }

        public Lease {
            groups = List.copyOf(groups);
            if (groups.isEmpty()) {
                throw new IllegalArgumentException("a lease has at least one group");
            }
            for (int i = 1; i < groups.size(); i++) {
                if (groups.get(i - 1).groupIndex().compareTo(groups.get(i).groupIndex()) >= 0) {
                    throw new IllegalArgumentException("groups of a lease must ascend by index, each once");
                }
            }
        }
    }

    /**
     * What the samples of a step come to when it is leased.
     *
     * @param rewards over all of them
     * @param samples of all groups
     * @param responseTokens of all samples
     * @param stalenessInFlight mean of a group, weight versions from its oldest token that counts to its newest
     * @param stalenessInQueue from there to the hand-over
     */
    record StepFigures(
            RewardStats rewards,
            long samples,
            long responseTokens,
            double stalenessInFlight,
            double stalenessInQueue) {}

    /**
     * A step trained: its groups are settled.
     *
     * @param leaseId of the lease that it ends
     * @param newWeightVersion the version this step led to, where the trainer updated its weights with it
     * @param checkpointStep the step at which the trainer's newest durable checkpoint resumes, where it names one
     */
    record Acknowledgement(
            Lineage lineage,
            StepNumber step,
            LeaseId leaseId,
            @Nullable WeightVersion newWeightVersion,
            long acknowledgedAtMs,
            Totals totals,
            @Nullable StepNumber checkpointStep)
            implements StepRecord {}

    /** A group settled without training. */
    record Discard(GroupIndex groupIndex, Attempt attempt, String reason, Totals totals) implements StepRecord {}

    /** A group settled because every attempt failed. */
    record Abandonment(GroupIndex groupIndex, Attempt lastAttempt, String cause, Totals totals) implements StepRecord {}

    /** A result that cannot be used; the ledger takes it as a failed attempt. The group is not settled by it. */
    record Rejection(GroupIndex groupIndex, Attempt attempt, int partition, long offset, String reason)
            implements StepRecord {}

    /**
     * A receipt says where the result of an attempt stands, and it is not there: the ledger takes the attempt as lost,
     * whatever its receipt says. The group is not settled by it.
     *
     * @param partition of the results topic
     * @param offsets where its records were to be, in order
     */
    record Missing(GroupIndex groupIndex, Attempt attempt, int partition, List<Long> offsets, Why reason)
            implements StepRecord {
        public Missing {
            offsets = List.copyOf(offsets);
            if (partition < 0 || offsets.isEmpty()) {
                throw new IllegalArgumentException("a missing result names its partition and at least one offset");
            }
        }

        /** How it is known. */
        public enum Why {
            /** The partition ends at or below its last offset, and has for the time limit. */
            BEYOND_END("the partition ends before it"),
            /** Its place was read over, and nothing of this attempt stood there. */
            NOT_THERE("nothing of the attempt stands there"),
            /** It was leased, and cannot be read back for the trainer. */
            UNREADABLE("it was leased and cannot be read back");

            private final String text;

            Why(String text) {
                this.text = text;
            }

            /** For people. */
            public String text() {
                return text;
            }
        }
    }

    /**
     * The leased step is void, since groups of it cannot be read back: it is leased anew, with other groups. Those that
     * are gone stand in the same transaction, each as {@link Missing}.
     */
    record LeaseVoid(Lineage lineage, StepNumber step, String reason) implements StepRecord {}

    /**
     * A record of {@code results} that names no group: passed over for good, counted, and written to
     * {@code dead-letters} in the same transaction.
     */
    record Skip(int partition, long offset, String reason) implements StepRecord {}

    /**
     * The trainer went back to an older checkpoint: a new lineage begins. A lease that was open is void. Groups of older
     * lineages with a token of a later version than this one are discarded, but for those of replayed steps.
     *
     * @param lineage the new one, one above the last
     * @param step the next step to be trained
     * @param weightVersion the version at that checkpoint
     * @param replayBefore steps from {@code step} up to this one, exclusive, are the recorded ones again and settle
     *     nothing; equal to {@code step} where all go on with new groups
     * @param trainedGroups what {@code policy} says from here on; admission counts from it
     * @param versionOffset what the run's numbers of versions are above the words of the new lineage's trainer, as far as
     *     was known
     * @param weightsGoOn whether the trainer only began to count its versions anew: then no future was given up, and no
     *     group is discarded for its lineage
     */
    record Resume(
            Lineage lineage,
            StepNumber step,
            WeightVersion weightVersion,
            StepNumber replayBefore,
            long trainedGroups,
            long resumedAtMs,
            long versionOffset,
            boolean weightsGoOn)
            implements StepRecord {}

    /**
     * All that the records before it come to, so that a reader begins here instead of at the beginning of the run.
     * Written only while no step is leased, in the transaction of an acknowledgement or resumption. Key: {@link #KEY}.
     *
     * @param nextStep the step to be leased next
     * @param stepsInVersion steps acknowledged since the weight version was announced
     * @param settled every settled group, as ranges
     * @param policy what {@code policy} said then
     * @param rejections of groups not settled yet
     * @param missing of groups not settled yet
     * @param results where each partition of {@code results} has to be read from
     * @param receiptsFrom the lowest offset of a receipt of a group that is not settled yet; where {@code receipts} was
     *     read next where there is none
     * @param resumes every resumption so far
     * @param duplicates results dropped so far because something of their group had won
     * @param rejected results rejected so far
     * @param skipped records skipped so far
     */
    record Snapshot(
            Lineage lineage,
            StepNumber nextStep,
            long stepsInVersion,
            @Nullable Acknowledgement lastAcknowledgement,
            Totals totals,
            Policy policy,
            List<SettledIndices.Range> settled,
            List<Rejection> rejections,
            List<Missing> missing,
            List<ResultsRead> results,
            long receiptsFrom,
            List<Resume> resumes,
            long duplicates,
            long rejected,
            long skipped)
            implements StepRecord {
        /** The key of every snapshot, by which a reader finds the last one without decoding what stands around it. */
        public static final String KEY = "snapshot";

        public Snapshot {
            settled = List.copyOf(settled);
            rejections = List.copyOf(rejections);
            missing = List.copyOf(missing);
            results = List.copyOf(results);
            resumes = List.copyOf(resumes);
        }

        /**
         * @param from the lowest offset of a record that an unsettled group still needs; {@code to} where there is none
         * @param to everything below was read when the snapshot was made
         */
        public record ResultsRead(int partition, long from, long to) {}
    }
}
