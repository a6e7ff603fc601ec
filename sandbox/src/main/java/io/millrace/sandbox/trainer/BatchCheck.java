package io.millrace.sandbox.trainer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Looks at a batch with a stranger's eyes: it reads the JSON alone and trusts neither the lease nor our own readers. A
 * batch must have exactly the groups asked for, ascending by index and each whole, lengths that add up, and no group of
 * a step acknowledged before. Remembers those; one owner.
 */
final class BatchCheck {
    private static final int PROBLEMS_LISTED_MAX = 20;

    private final int batchGroups;
    private final int samplesPerGroup;
    private final Set<Long> trained = new HashSet<>();

    BatchCheck(int batchGroups, int samplesPerGroup) {
        this.batchGroups = batchGroups;
        this.samplesPerGroup = samplesPerGroup;
    }

    /** Judges a batch; the same batch may be judged again until it is acknowledged. */
    TrainedStep.Verdict check(TrainerClient.Lease lease, JsonNode batch) {
        Reading reading = new Reading(lease);
        reading.read(batch);
        return reading.verdict();
    }

    /** The step is acknowledged: its groups must not come again. */
    void acknowledged(TrainedStep.Verdict verdict) {
        trained.addAll(verdict.groupIndices());
    }

    private final class Reading {
        private final TrainerClient.Lease lease;
        private final List<Long> indices = new ArrayList<>();
        private final List<String> problems = new ArrayList<>();
        private boolean sorted = true;
        private boolean whole = true;
        private int duplicates;
        private int samples;
        private double rewardSum;
        private long responseTokens;
        private long oldestVersion;

        Reading(TrainerClient.Lease lease) {
            this.lease = lease;
            this.oldestVersion = lease.weightVersion();
        }

        void read(JsonNode batch) {
            same("step", batch.path("step"), lease.step());
            same("lineage", batch.path("lineage"), lease.lineage());
            same("weight_version", batch.path("weight_version"), lease.weightVersion());
            JsonNode groups = batch.path("groups");
            if (!groups.isArray() || groups.size() != batchGroups) {
                broken("the batch has " + (groups.isArray() ? groups.size() + "" : "no") + " groups, not "
                        + batchGroups);
            }
            Set<Long> seen = new HashSet<>();
            for (JsonNode group : groups) {
                long index = group(group);
                if (!indices.isEmpty() && index <= indices.getLast()) {
                    sorted = false;
                    problem("group " + index + " stands after group " + indices.getLast());
                }
                if (!seen.add(index)) {
                    duplicates++;
                    problem("group " + index + " stands twice in the batch");
                } else if (trained.contains(index)) {
                    duplicates++;
                    problem("group " + index + " was in an earlier acknowledged step");
                }
                indices.add(index);
            }
            if (!indices.equals(lease.groupIndices())) {
                problem("the batch's groups are not those of its lease");
            }
        }

        private void same(String name, JsonNode value, long expected) {
            if (!value.isIntegralNumber() || value.asLong() != expected) {
                problem("the batch's " + name + " is " + value + ", its lease says " + expected);
            }
        }

        private long group(JsonNode group) {
            long index = group.path(0).path("group_index").asLong(-1);
            if (group.size() != samplesPerGroup) {
                broken("group " + index + " has " + group.size() + " samples, not " + samplesPerGroup);
            }
            for (int i = 0; i < group.size(); i++) {
                sample(index, i, group.path(i));
            }
            return index;
        }

        private void sample(long groupIndex, int position, JsonNode sample) {
            samples++;
            String name = "sample " + position + " of group " + groupIndex;
            if (sample.path("group_index").asLong(-1) != groupIndex) {
                broken(name + " says group_index " + sample.path("group_index"));
            }
            long expectedIndex = groupIndex * samplesPerGroup + position;
            if (sample.path("index").asLong(-1) != expectedIndex) {
                broken(name + " has index " + sample.path("index") + ", not " + expectedIndex);
            }
            long responseLength = sample.path("response_length").asLong(-1);
            if (responseLength < 0) {
                broken(name + " has response_length " + sample.path("response_length"));
            } else {
                responseTokens += responseLength;
                lengths(name, sample, responseLength);
            }
            JsonNode reward =
                    sample.path("reward").isObject() ? sample.path("reward").path("score") : sample.path("reward");
            if (!reward.isNumber() || !Double.isFinite(reward.asDouble())) {
                broken(name + " has the reward " + sample.path("reward"));
            } else {
                rewardSum += reward.asDouble();
            }
            for (JsonNode version : sample.path("weight_versions")) {
                oldestVersion = Math.min(oldestVersion, version.asLong(oldestVersion));
            }
        }

        private void lengths(String name, JsonNode sample, long responseLength) {
            JsonNode tokens = sample.path("tokens");
            if (!tokens.isArray() || tokens.size() < responseLength) {
                broken(name + " has " + tokens.size() + " tokens for a response of " + responseLength);
            }
            for (String array : List.of("loss_mask", "rollout_log_probs")) {
                JsonNode values = sample.path(array);
                if (!values.isArray() || values.size() != responseLength) {
                    broken(name + " has " + (values.isArray() ? values.size() + "" : "no") + " values of " + array
                            + " for a response of " + responseLength);
                }
            }
        }

        private void broken(String what) {
            whole = false;
            problem(what);
        }

        private void problem(String what) {
            if (problems.size() < PROBLEMS_LISTED_MAX) {
                problems.add(what);
            }
        }

        TrainedStep.Verdict verdict() {
            return new TrainedStep.Verdict(
                    indices,
                    samples,
                    samples == 0 ? 0 : rewardSum / samples,
                    responseTokens,
                    lease.weightVersion() - oldestVersion,
                    sorted,
                    whole,
                    duplicates,
                    problems);
        }
    }
}
