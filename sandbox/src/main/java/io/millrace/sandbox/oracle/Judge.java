package io.millrace.sandbox.oracle;

import static io.millrace.sandbox.oracle.account.Finding.Kind.CONTRADICTION;
import static io.millrace.sandbox.oracle.account.Finding.Kind.EVALUATION;
import static io.millrace.sandbox.oracle.account.Finding.Kind.ISSUE_OUT_OF_ORDER;
import static io.millrace.sandbox.oracle.account.Finding.Kind.LOST;

import io.millrace.sandbox.oracle.account.EngineAccount;
import io.millrace.sandbox.oracle.account.Finding;
import io.millrace.sandbox.oracle.account.Steps;
import io.millrace.sandbox.oracle.account.TopicAccount;
import io.millrace.sandbox.oracle.account.TrainerAccount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Compares what the topics say with what the trainer received. The run must have ended exactly: nothing is under way any
 * more, and nothing waits. Pure; judges once.
 */
final class Judge {
    private final TopicAccount topics;
    private final TrainerAccount trainer;
    private final EngineAccount engines;
    private final Rules rules;
    private final Findings findings = new Findings();

    Judge(TopicAccount topics, TrainerAccount trainer, EngineAccount engines, Rules rules) {
        this.topics = topics;
        this.trainer = trainer;
        this.engines = engines;
        this.rules = rules;
    }

    Verdict judge() {
        topics.settle();
        findings.addAll(topics.unread);
        findings.addAll(trainer.unread);
        if (topics.tailsLost > 0 && !rules.tailsCut()) {
            findings.add(LOST, "the end of a log was lost " + topics.tailsLost + " times");
        }
        judgeIssues();
        judgeMissing();
        StepJudge steps = new StepJudge(topics, topics.steps, trainer, rules, findings);
        Set<Long> trained = steps.judgeAcknowledgements();
        steps.judgeReceptions();
        new EndJudge(topics, topics.steps, rules, findings).judge(trained);
        topics.evaluations.judge(details -> findings.add(EVALUATION, details));
        return verdict(trained);
    }

    private Verdict verdict(Set<Long> trained) {
        long results = topics.results.values().stream().mapToLong(List::size).sum();
        long receptions =
                trainer.received.values().stream().mapToLong(List::size).sum();
        Map<String, Long> discarded = new TreeMap<>();
        topics.steps
                .discarded
                .values()
                .forEach(ends -> discarded.merge(ends.getFirst().reason(), 1L, Long::sum));
        List<Finding> all = findings.all();
        return new Verdict(
                topics.issued.size(),
                trained.size(),
                discarded,
                topics.steps.abandoned.size(),
                findings.forgotten,
                findings.lost,
                findings.trainedTwice,
                findings.stale,
                findings.future,
                topics.steps.acknowledged.size(),
                lineages(),
                receptions - trainer.received.size(),
                topics.reissued.values().stream().mapToLong(List::size).sum(),
                results,
                topics.inParts,
                results - topics.results.size(),
                topics.vanished.values().stream().mapToLong(List::size).sum(),
                topics.steps.rejections,
                new Verdict.EvaluationFigures(
                        topics.evaluations.asked(), topics.evaluations.complete(), topics.evaluations.incomplete()),
                engines.complete(),
                engines.repeated(),
                engines.cutShort(),
                topics.hostile,
                all.subList(0, Math.min(all.size(), Verdict.FINDINGS_MAX)),
                all.size());
    }

    private List<Verdict.LineageFigures> lineages() {
        Map<Long, Long> results = new TreeMap<>();
        topics.results.values().forEach(all -> all.forEach(result -> results.merge(result.lineage(), 1L, Long::sum)));
        List<Verdict.LineageFigures> figures = new ArrayList<>();
        Set<Long> lineages = new java.util.TreeSet<>(topics.steps.resumes.keySet());
        lineages.add(0L);
        for (long lineage : lineages) {
            List<Steps.Id> steps = topics.steps.acknowledged.stream()
                    .filter(id -> id.lineage() == lineage)
                    .toList();
            Steps.Resume resume = topics.steps.resumes.get(lineage);
            figures.add(new Verdict.LineageFigures(
                    lineage,
                    resume == null ? 0 : resume.step(),
                    steps.size(),
                    steps.stream().filter(topics.steps::isReplay).count(),
                    results.getOrDefault(lineage, 0L)));
        }
        return figures;
    }

    /** What is said to be missing is not there: else good work is thrown away. */
    private void judgeMissing() {
        for (Steps.Entry gone : topics.steps.missing) {
            topics.results.getOrDefault(gone.groupIndex(), List.of()).stream()
                    .filter(result -> result.attempt() == gone.attempt()
                            && result.partition() == gone.partition()
                            && result.offsets().equals(gone.offsets()))
                    .forEach(result -> findings.add(
                            CONTRADICTION,
                            "group " + gone.groupIndex() + ", attempt " + gone.attempt()
                                    + " is said to be missing and stands at results-" + gone.partition() + "@"
                                    + gone.offsets()));
        }
    }

    /** Indices rise from 0 without a hole, each once; attempts of a group rise. */
    private void judgeIssues() {
        long expected = 0;
        for (Map.Entry<Long, Integer> issue : topics.issued.entrySet()) {
            if (issue.getKey() != expected) {
                findings.add(ISSUE_OUT_OF_ORDER, "group " + expected + " was never issued");
            }
            if (issue.getValue() > 1) {
                findings.add(
                        ISSUE_OUT_OF_ORDER,
                        "group " + issue.getKey() + " was issued " + issue.getValue() + " times as a new one");
            }
            expected = issue.getKey() + 1;
        }
        topics.reissued.forEach((group, attempts) -> {
            long last = 1;
            for (long attempt : attempts) {
                if (attempt <= last) {
                    findings.add(ISSUE_OUT_OF_ORDER, "group " + group + " was issued with attempts 1, " + attempts);
                }
                last = attempt;
            }
            if (!topics.issued.containsKey(group)) {
                findings.add(ISSUE_OUT_OF_ORDER, "group " + group + " was reissued and never issued");
            }
        });
    }
}
