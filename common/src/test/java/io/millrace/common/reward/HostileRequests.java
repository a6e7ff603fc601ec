package io.millrace.common.reward;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The hostile corpus as requests: each text as a response, bare, boxed and as the answer, to every reward. */
final class HostileRequests {
    /** Labels that take different ways through the rewards. */
    private static final List<String> LABELS = List.of("5", "x+5");

    /**
     * One request.
     *
     * @param name the reward, its label, the way the text stands in the response, and the text's own name
     */
    record Named(String name, RewardRequest request) {}

    private HostileRequests() {}

    /** Made as they are taken: the long ones would not fit into memory together. */
    static Stream<Named> responses() {
        return HostileCorpus.cases().stream().flatMap(hostile -> of(hostile).stream());
    }

    private static List<Named> of(HostileCorpus.Case hostile) {
        List<Named> requests = new ArrayList<>();
        add(requests, "bare, " + hostile.name(), hostile.text());
        add(requests, "boxed, " + hostile.name(), "\\boxed{" + hostile.text() + "}");
        add(requests, "answered, " + hostile.name(), "Answer: " + hostile.text());
        add(requests, "thought over, " + hostile.name(), "</think>\\boxed{" + hostile.text() + "}");
        return requests;
    }

    private static void add(List<Named> requests, String name, String response) {
        for (NamedReward type : Rewards.computed().all()) {
            for (String prefix : List.of("", Rewards.BOXED_PREFIX)) {
                for (String label : type.name().startsWith("math") ? LABELS : LABELS.subList(0, 1)) {
                    String reward = prefix + type.name();
                    requests.add(new Named(
                            reward + " against " + label + ", " + name, Requests.ofType(reward, response, label)));
                }
            }
        }
    }
}
