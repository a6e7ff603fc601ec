package io.millrace.sandbox.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares what the topics say with what the trainer received. The run must have been drained: nothing is under way any
 * more, and whatever is not settled has a result and waits for a full step. Pure; judges once.
 */
final class Judge {
    private final TopicAccount topics;
    private final TrainerAccount trainer;
    private final EngineAccount engines;
    private final int batchGroups;
    private final int samplesPerGroup;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Long> trained = new HashSet<>();
    private long trainedTwice;
    private long lost;
    private long waiting;

    Judge(TopicAccount topics, TrainerAccount trainer, EngineAccount engines, int batchGroups, int samplesPerGroup) {
        this.topics = topics;
        this.trainer = trainer;
        this.engines = engines;
        this.batchGroups = batchGroups;
        this.samplesPerGroup = samplesPerGroup;
    }

    Verdict judge() {
        findings.addAll(topics.unread);
        judgeIssues();
        judgeAcknowledgements();
        judgeReceptions();
        judgeEnds();
        long results = topics.results.values().stream().mapToLong(List::size).sum();
        long receptions =
                trainer.received.values().stream().mapToLong(List::size).sum();
        return new Verdict(
                topics.issued.size(),
                trained.size(),
                topics.steps.discarded.size(),
                topics.steps.abandoned.size(),
                waiting,
                lost,
                trainedTwice,
                topics.steps.acknowledged.size(),
                receptions - trainer.received.size(),
                topics.reissued.values().stream().mapToLong(List::size).sum(),
                results,
                results - topics.results.size(),
                topics.steps.rejections,
                engines.complete(),
                engines.repeated(),
                engines.cutShort(),
                findings.subList(0, Math.min(findings.size(), Verdict.FINDINGS_MAX)),
                findings.size());
    }

    private void finding(Finding.Kind kind, String details) {
        findings.add(new Finding(kind, details));
    }

    /** Indices rise from 0 without a hole, each once; attempts of a group rise. */
    private void judgeIssues() {
        long expected = 0;
        for (Map.Entry<Long, Integer> issue : topics.issued.entrySet()) {
            if (issue.getKey() != expected) {
                finding(Finding.Kind.ISSUE_OUT_OF_ORDER, "group " + expected + " was never issued");
            }
            if (issue.getValue() > 1) {
                finding(
                        Finding.Kind.ISSUE_OUT_OF_ORDER,
                        "group " + issue.getKey() + " was issued " + issue.getValue() + " times as a new one");
            }
            expected = issue.getKey() + 1;
        }
        topics.reissued.forEach((group, attempts) -> {
            long last = 1;
            for (long attempt : attempts) {
                if (attempt <= last) {
                    finding(
                            Finding.Kind.ISSUE_OUT_OF_ORDER,
                            "group " + group + " was issued with attempts 1, " + attempts);
                }
                last = attempt;
            }
            if (!topics.issued.containsKey(group)) {
                finding(Finding.Kind.ISSUE_OUT_OF_ORDER, "group " + group + " was reissued and never issued");
            }
        });
    }

    /** Steps of a lineage follow each other, and no group is in two of them. */
    private void judgeAcknowledgements() {
        Map<Long, Long> lastStep = new HashMap<>();
        Map<Long, Map<Long, Steps.Id>> trainedIn = new HashMap<>();
        for (Steps.Id id : topics.steps.acknowledged) {
            Long last = lastStep.put(id.lineage(), id.step());
            boolean first = last == null;
            if (first ? id.lineage() == 0 && id.step() != 0 : id.step() != last + 1) {
                finding(
                        Finding.Kind.STEP_OUT_OF_ORDER,
                        id + " was acknowledged after " + (first ? "nothing" : "step " + last));
            }
            List<Steps.Entry> lease = topics.steps.leases.get(id);
            if (lease == null) {
                finding(Finding.Kind.CONTRADICTION, id + " was acknowledged and never leased");
                continue;
            }
            for (Steps.Entry entry : lease) {
                trained.add(entry.groupIndex());
                Steps.Id before = trainedIn
                        .computeIfAbsent(id.lineage(), lineage -> new HashMap<>())
                        .put(entry.groupIndex(), id);
                if (before != null) {
                    trainedTwice++;
                    finding(
                            Finding.Kind.TRAINED_TWICE,
                            "group " + entry.groupIndex() + " is in " + before + " and in " + id);
                }
            }
        }
    }

    private void judgeReceptions() {
        Set<Steps.Id> acknowledged = new HashSet<>(topics.steps.acknowledged);
        trainer.problems.forEach(problem -> finding(Finding.Kind.BATCH_NOT_WHOLE, problem));
        trainer.received.forEach((id, receptions) -> {
            List<TrainerAccount.Group> batch = receptions.getFirst();
            if (receptions.stream().anyMatch(again -> !again.equals(batch))) {
                finding(Finding.Kind.BATCH_CHANGED, id + " was received as different batches");
            }
            judgeBatch(id, batch);
        });
        for (Steps.Id id : acknowledged) {
            if (!trainer.acknowledging.contains(id) || !trainer.received.containsKey(id)) {
                finding(Finding.Kind.CONTRADICTION, id + " is acknowledged, and the trainer did not do it");
            }
        }
        for (Steps.Id id : trainer.acknowledged) {
            if (!acknowledged.contains(id)) {
                finding(Finding.Kind.LOST, "the acknowledgement of " + id + " was answered and is not on the topic");
            }
        }
    }

    private void judgeBatch(Steps.Id id, List<TrainerAccount.Group> batch) {
        if (batch.size() != batchGroups) {
            finding(Finding.Kind.BATCH_NOT_WHOLE, id + " has " + batch.size() + " groups, not " + batchGroups);
        }
        long last = -1;
        for (TrainerAccount.Group group : batch) {
            if (group.index() <= last) {
                finding(Finding.Kind.BATCH_NOT_WHOLE, id + " has group " + group.index() + " after group " + last);
            }
            if (group.samples() != samplesPerGroup) {
                finding(
                        Finding.Kind.BATCH_NOT_WHOLE,
                        id + " has group " + group.index() + " with " + group.samples() + " samples, not "
                                + samplesPerGroup);
            }
            last = group.index();
        }
        List<Steps.Entry> lease = topics.steps.leases.get(id);
        if (lease == null) {
            finding(Finding.Kind.CONTRADICTION, id + " was received and never leased");
            return;
        }
        long[] leased = lease.stream().mapToLong(Steps.Entry::groupIndex).toArray();
        long[] received = batch.stream().mapToLong(TrainerAccount.Group::index).toArray();
        if (!Arrays.equals(leased, received)) {
            finding(
                    Finding.Kind.BATCH_CHANGED,
                    id + " was leased with groups " + Arrays.toString(leased) + " and received with "
                            + Arrays.toString(received));
            return;
        }
        for (int i = 0; i < received.length; i++) {
            judgeContents(id, lease.get(i), batch.get(i));
        }
    }

    /** A trained group is, bit for bit, the result that its lease names. */
    private void judgeContents(Steps.Id id, Steps.Entry entry, TrainerAccount.Group group) {
        boolean same = topics.results.getOrDefault(entry.groupIndex(), List.of()).stream()
                .anyMatch(result -> result.partition() == entry.partition()
                        && entry.offsets().equals(List.of(result.offset()))
                        && result.attempt() == entry.attempt()
                        && result.samples() == group.samples()
                        && result.digest().equals(group.digest()));
        if (!same) {
            finding(
                    Finding.Kind.CONTENTS_DIFFER,
                    "group " + entry.groupIndex() + " of " + id + " is not what stands at results-" + entry.partition()
                            + "@" + entry.offsets());
        }
    }

    /** Every group has one end, or has a result and waits with too few others for a step. */
    private void judgeEnds() {
        ends("discarded", topics.steps.discarded);
        ends("abandoned", topics.steps.abandoned);
        topics.steps.abandoned.keySet().forEach(group -> {
            if (!topics.markers.containsKey(group)) {
                finding(Finding.Kind.CONTRADICTION, "group " + group + " is abandoned without the producer's marker");
            }
            if (topics.steps.discarded.containsKey(group)) {
                finding(Finding.Kind.CONTRADICTION, "group " + group + " is abandoned and discarded");
            }
        });
        List<Long> open = new ArrayList<>();
        for (long group : topics.issued.keySet()) {
            boolean settled = trained.contains(group)
                    || topics.steps.discarded.containsKey(group)
                    || topics.steps.abandoned.containsKey(group);
            if (settled) {
                continue;
            }
            if (topics.results.containsKey(group)) {
                open.add(group);
            } else {
                lost++;
                finding(Finding.Kind.LOST, "group " + group + " was issued and has no result and no end");
            }
        }
        if (open.size() < batchGroups) {
            waiting = open.size();
        } else {
            lost += open.size();
            finding(Finding.Kind.LOST, open.size() + " groups have results and were not trained: " + open);
        }
    }

    private void ends(String word, Map<Long, List<String>> ends) {
        ends.forEach((group, reasons) -> {
            if (reasons.size() > 1) {
                finding(Finding.Kind.CONTRADICTION, "group " + group + " is " + word + " more than once: " + reasons);
            }
            if (trained.contains(group)) {
                finding(Finding.Kind.CONTRADICTION, "group " + group + " is " + word + " and trained");
            }
            if (!topics.issued.containsKey(group)) {
                finding(Finding.Kind.CONTRADICTION, "group " + group + " is " + word + " and was never issued");
            }
        });
    }
}
