package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands on {@code evals}, keyed by the evaluation's id: a request, then that its data sets are being
 * read, then that its tasks are issued or why they cannot be, then which results are missing, then the report, or that it
 * was cancelled. Of each kind the first of an id counts, of {@link Loading} the last, of {@link Missing} the first of each
 * attempt.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = EvalRecord.Request.class, name = "request"),
    @JsonSubTypes.Type(value = EvalRecord.Loading.class, name = "loading"),
    @JsonSubTypes.Type(value = EvalRecord.Issued.class, name = "issued"),
    @JsonSubTypes.Type(value = EvalRecord.Missing.class, name = "missing"),
    @JsonSubTypes.Type(value = EvalRecord.Failed.class, name = "failed"),
    @JsonSubTypes.Type(value = EvalRecord.Cancelled.class, name = "cancelled"),
    @JsonSubTypes.Type(value = EvalRecord.Report.class, name = "report")
})
public sealed interface EvalRecord extends ControlRecord {
    /** What an id may be. */
    Pattern ID = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    /** Of one evaluation. */
    int DATA_SETS_MAX = 64;

    /** Of one prompt. */
    int SAMPLES_MAX = 4096;

    /** Ended evaluations that processes remember; the id of an older one may be used again. */
    int ENDED_KNOWN_MAX = 1_000;

    String evalId();

    private static void checkId(String evalId) {
        if (!ID.matcher(evalId).matches()) {
            throw new IllegalArgumentException(
                    "eval_id must be 1 to 64 letters, digits, '_', '.' or '-', was '" + evalId + "'");
        }
    }

    /**
     * Somebody wants an evaluation; written by the trainer consumer.
     *
     * @param weightVersion it begins when the run is at this version or a newer one; the run's number
     * @param versionOffset what that number is above the word of the lineage's trainer
     * @param dataSets 1 to {@link #DATA_SETS_MAX}, of different names
     * @param requestedAtMs wall clock
     * @param timeLimitMs how long it may take from the request on; what is not done then is reported as missing
     */
    record Request(
            String evalId,
            Lineage lineage,
            WeightVersion weightVersion,
            long versionOffset,
            List<EvalDataSet> dataSets,
            long requestedAtMs,
            long timeLimitMs)
            implements EvalRecord {
        public Request {
            checkId(evalId);
            dataSets = List.copyOf(dataSets);
            if (dataSets.isEmpty() || dataSets.size() > DATA_SETS_MAX) {
                throw new IllegalArgumentException(
                        "an evaluation has 1 to " + DATA_SETS_MAX + " data sets, was " + dataSets.size());
            }
            Set<String> names = new HashSet<>();
            for (EvalDataSet dataSet : dataSets) {
                if (!names.add(dataSet.name())) {
                    throw new IllegalArgumentException("two data sets are named '" + dataSet.name() + "'");
                }
            }
            if (timeLimitMs < 1) {
                throw new IllegalArgumentException("time_limit_ms must be 1 or more, was " + timeLimitMs);
            }
        }
    }

    /**
     * A data set of an evaluation; what is null is as the producer has it for training.
     *
     * @param name in the report
     * @param path a file of JSON lines at the producer, as its {@code --dataset}
     * @param samples of each prompt, 1 to {@link #SAMPLES_MAX}
     * @param rewardType of prompts whose metadata names none
     * @param passReward a sample passes with at least this reward
     */
    record EvalDataSet(
            String name,
            String path,
            int samples,
            double passReward,
            @Nullable String rewardType,
            @Nullable Double temperature,
            @Nullable Double topP,
            @Nullable Integer topK,
            @Nullable Integer maxNewTokens) {
        public EvalDataSet {
            if (!ID.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "the name of a data set must be 1 to 64 letters, digits, '_', '.' or '-', was '" + name + "'");
            }
            if (samples < 1 || samples > SAMPLES_MAX) {
                throw new IllegalArgumentException(
                        "samples of data set " + name + " must be 1 to " + SAMPLES_MAX + ", was " + samples);
            }
            if (!Double.isFinite(passReward)) {
                throw new IllegalArgumentException(
                        "pass_reward of data set " + name + " must be a number, was " + passReward);
            }
            sampling(SamplingParams.defaults(1), temperature, topP, topK, maxNewTokens);
        }

        /** The same of another data set. */
        public EvalDataSet of(String otherName, String otherPath) {
            return new EvalDataSet(
                    otherName, otherPath, samples, passReward, rewardType, temperature, topP, topK, maxNewTokens);
        }

        /**
         * How its samples are drawn.
         *
         * @param training what holds where this data set says nothing
         */
        public SamplingParams sampling(SamplingParams training) {
            return sampling(training, temperature, topP, topK, maxNewTokens);
        }

        private static SamplingParams sampling(
                SamplingParams training,
                @Nullable Double temperature,
                @Nullable Double topP,
                @Nullable Integer topK,
                @Nullable Integer maxNewTokens) {
            return new SamplingParams(
                    temperature == null ? training.temperature() : temperature,
                    topP == null ? training.topP() : topP,
                    topK == null ? training.topK() : topK,
                    maxNewTokens == null ? training.maxNewTokens() : maxNewTokens,
                    training.stop(),
                    training.stopTokenIds(),
                    training.skipSpecialTokens(),
                    training.extra());
        }
    }

    /**
     * The producer is about to read its data sets; written before it does, so that the next one knows of a producer that
     * ended over them.
     *
     * @param load how many producers have begun to read them, with this one; from 1
     */
    record Loading(String evalId, int load, long begunAtMs) implements EvalRecord {
        public Loading {
            checkId(evalId);
            if (load < 1) {
                throw new IllegalArgumentException("load must be 1 or more, was " + load);
            }
        }
    }

    /**
     * Every task of the evaluation stands on {@code prompts.eval}; written by the producer in one transaction with them.
     *
     * @param first index of the first group; evaluations count their groups by themselves, one after the other
     * @param groups of each data set, in the order of the request; their indices follow one another
     * @param weightVersion the newest when they were issued
     */
    record Issued(
            String evalId,
            GroupIndex first,
            List<Integer> groups,
            Lineage lineage,
            WeightVersion weightVersion,
            long issuedAtMs)
            implements EvalRecord {
        public Issued {
            checkId(evalId);
            groups = List.copyOf(groups);
            if (groups.isEmpty() || groups.stream().anyMatch(count -> count < 1)) {
                throw new IllegalArgumentException("every data set has at least one group, was " + groups);
            }
        }

        /** The index after its last group's. */
        public GroupIndex end() {
            return new GroupIndex(first.value()
                    + groups.stream().mapToLong(Integer::longValue).sum());
        }
    }

    /**
     * A receipt says where the result of an attempt stands, or the marker of a group that was given up, and it is not
     * there; written by the trainer consumer, after the group's tasks were issued. The producer takes the attempt as lost,
     * whatever its receipt says. The group has not ended by it.
     *
     * @param attempt of a marker: the number in its receipt
     * @param partition of {@code eval-results}
     * @param offsets where its records were to be, in order
     */
    record Missing(
            String evalId,
            GroupIndex groupIndex,
            Attempt attempt,
            int partition,
            List<Long> offsets,
            StepRecord.Missing.Why reason)
            implements EvalRecord {
        public Missing {
            checkId(evalId);
            offsets = List.copyOf(offsets);
            // Checks the rest.
            var _ = new StepRecord.Missing(groupIndex, attempt, partition, offsets, reason);
        }

        /** The same of a group of this evaluation. */
        public static Missing of(String evalId, StepRecord.Missing result) {
            return new Missing(
                    evalId,
                    result.groupIndex(),
                    result.attempt(),
                    result.partition(),
                    result.offsets(),
                    result.reason());
        }

        /** As it is said of training groups. */
        public StepRecord.Missing result() {
            return new StepRecord.Missing(groupIndex, attempt, partition, offsets, reason);
        }
    }

    /** The tasks could not be issued; written by the producer. */
    record Failed(String evalId, String cause, long failedAtMs) implements EvalRecord {
        public Failed {
            checkId(evalId);
        }
    }

    /** Nobody wants it any more; written by the trainer consumer. A report that stands, before or after it, counts more. */
    record Cancelled(String evalId, long cancelledAtMs) implements EvalRecord {
        public Cancelled {
            checkId(evalId);
        }
    }

    /**
     * What came of it; written by the trainer consumer.
     *
     * @param complete whether every group ended; otherwise the time was up
     * @param dataSets in the order of the request
     * @param resultsFrom by partition of {@code eval-results}: no result of a later report stands below
     */
    record Report(
            String evalId,
            Lineage lineage,
            WeightVersion weightVersion,
            boolean complete,
            long requestedAtMs,
            long reportedAtMs,
            List<DataSetReport> dataSets,
            Map<Integer, Long> resultsFrom)
            implements EvalRecord {
        public Report {
            checkId(evalId);
            dataSets = List.copyOf(dataSets);
            resultsFrom = Collections.unmodifiableMap(new TreeMap<>(resultsFrom));
        }
    }

    /**
     * Of one data set; means are over the samples of groups that were done, null when there are none.
     *
     * @param groups prompts asked
     * @param done prompts with all their samples
     * @param failed prompts given up after their last attempt
     * @param missing prompts that had not ended when the time was up
     * @param samples that were scored
     * @param passAt by k: the probability that one of k samples of a prompt passes, mean over prompts (the unbiased
     *     estimate of Chen et al. 2021, arXiv:2107.03374)
     * @param truncatedShare samples cut at their token limit, of all
     * @param oldestVersion of all weights that made a token
     * @param causes why the first {@link #CAUSES_MAX} of those that failed did
     */
    record DataSetReport(
            String name,
            long groups,
            long done,
            long failed,
            long missing,
            long samples,
            @Nullable Double meanReward,
            Map<Integer, Double> passAt,
            @Nullable Double truncatedShare,
            @Nullable Double meanResponseTokens,
            long responseTokens,
            @Nullable WeightVersion oldestVersion,
            @Nullable WeightVersion newestVersion,
            List<String> causes) {
        public static final int CAUSES_MAX = 3;

        public DataSetReport {
            causes = List.copyOf(causes);
            passAt = Collections.unmodifiableMap(new TreeMap<>(passAt));
        }
    }
}
