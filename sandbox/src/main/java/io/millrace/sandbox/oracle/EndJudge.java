package io.millrace.sandbox.oracle;

import static io.millrace.sandbox.oracle.account.Finding.Kind.CONTRADICTION;
import static io.millrace.sandbox.oracle.account.Finding.Kind.DISCARD_UNFOUNDED;
import static io.millrace.sandbox.oracle.account.Finding.Kind.FORGOTTEN;
import static io.millrace.sandbox.oracle.account.Finding.Kind.LOST;

import io.millrace.sandbox.oracle.account.SeenResult;
import io.millrace.sandbox.oracle.account.Steps;
import io.millrace.sandbox.oracle.account.TopicAccount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Every group has one end, and a discard the reason that it names. Pure; judges once. */
record EndJudge(TopicAccount topics, Steps steps, Rules rules, Findings findings) {
    private static final String FILTERED = "filtered:";
    private static final int NAMED_MAX = 20;

    void judge(Set<Long> trained) {
        ends("discarded", steps.discarded, trained);
        ends("abandoned", steps.abandoned, trained);
        steps.abandoned.keySet().forEach(group -> {
            if (!topics.markers.contains(group)) {
                findings.add(CONTRADICTION, "group " + group + " is abandoned without the producer's marker");
            }
            int attempts = 1 + topics.reissued.getOrDefault(group, List.of()).size();
            if (attempts < rules.attemptsMin()) {
                findings.add(
                        CONTRADICTION,
                        "group " + group + " is abandoned after " + attempts + " attempts, before "
                                + rules.attemptsMin() + " were made");
            }
            if (steps.discarded.containsKey(group)) {
                findings.add(CONTRADICTION, "group " + group + " is abandoned and discarded");
            }
        });
        steps.discarded.forEach((group, ends) -> ends.forEach(end -> judgeReason(group, end)));
        List<Long> forgotten = new ArrayList<>();
        for (long group : topics.issued.keySet()) {
            if (trained.contains(group) || steps.discarded.containsKey(group) || steps.abandoned.containsKey(group)) {
                continue;
            }
            if (topics.results.containsKey(group)) {
                forgotten.add(group);
            } else {
                findings.lost++;
                findings.add(LOST, "group " + group + " was issued and has no result and no end");
            }
        }
        findings.forgotten = forgotten.size();
        if (!forgotten.isEmpty()) {
            findings.add(
                    FORGOTTEN,
                    forgotten.size() + " groups have results and no end: "
                            + forgotten.subList(0, Math.min(forgotten.size(), NAMED_MAX)));
        }
    }

    private void ends(String word, Map<Long, List<Steps.End>> ends, Set<Long> trained) {
        ends.forEach((group, reasons) -> {
            if (reasons.size() > 1) {
                findings.add(CONTRADICTION, "group " + group + " is " + word + " more than once: " + reasons);
            }
            if (reasons.getFirst().reason().isEmpty()) {
                findings.add(CONTRADICTION, "group " + group + " is " + word + " without a reason");
            }
            if (trained.contains(group)) {
                findings.add(CONTRADICTION, "group " + group + " is " + word + " and trained");
            }
            if (!topics.issued.containsKey(group)) {
                findings.add(CONTRADICTION, "group " + group + " is " + word + " and was never issued");
            }
        });
    }

    /** The reason follows from what was generated in that attempt. */
    private void judgeReason(long group, Steps.End end) {
        boolean founded = Stream.concat(
                        topics.results.getOrDefault(group, List.of()).stream(),
                        topics.vanished.getOrDefault(group, List.of()).stream())
                .filter(result -> result.attempt() == end.attempt())
                .anyMatch(result -> founded(end, result));
        if (!founded) {
            findings.add(
                    DISCARD_UNFOUNDED,
                    "group " + group + " is discarded as " + end.reason() + " in attempt " + end.attempt()
                            + ", and nothing of it that stands says so");
        }
    }

    private boolean founded(Steps.End end, SeenResult result) {
        if (end.reason().startsWith(FILTERED)) {
            String filter = end.reason().substring(FILTERED.length());
            return rules.filters().contains(filter)
                    && switch (filter) {
                        case "zero-std" -> result.rewardsEqual();
                        case "aborted" -> result.aborted() > 0;
                        default -> false;
                    };
        }
        List<Long> versions = result.versions();
        return switch (end.reason()) {
            case "stale" -> !versions.isEmpty() && versions.getFirst() < end.weightVersion() - rules.maxStaleness();
            case "lineage" ->
                result.lineage() < end.lineage()
                        && !versions.isEmpty()
                        && steps.resumes.values().stream()
                                .anyMatch(resume -> resume.lineage() > result.lineage()
                                        && resume.lineage() <= end.lineage()
                                        && versions.getLast() > resume.weightVersion()
                                        && (!resume.weightsGoOn() || isDecidedWith(resume, end)));
            default -> false;
        };
    }

    /** Where weights go on, only what had finished when the lineage was opened is discarded, together with that. */
    private static boolean isDecidedWith(Steps.Resume resume, Steps.End end) {
        return resume.lineage() == end.lineage() && resume.weightVersion() == end.weightVersion();
    }
}
