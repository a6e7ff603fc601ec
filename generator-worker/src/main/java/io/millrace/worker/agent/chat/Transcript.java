package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.generator.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What engines generated for one agent, as a tree of completions: one goes on with another where the agent's request begins
 * with all that the other one had, and begins anew where it does not. Each leaf is a sample. Not thread-safe.
 */
public final class Transcript {
    private final List<Completion> completions = new ArrayList<>();

    /** A completion that is to be gone on with. */
    public record Begun(String id, int messages, int[] generated, int[] context) {}

    /** How many there are. */
    public int size() {
        return completions.size();
    }

    /** The longest that the chat begins with; of two the newer. */
    public Optional<Begun> begun(ChatRequest request) {
        List<ObjectNode> chat = request.canonical();
        Completion longest = null;
        for (Completion each : completions) {
            if (each.isBeginningOf(chat, request.template())
                    && (longest == null
                            || each.messages().size() >= longest.messages().size())) {
                longest = each;
            }
        }
        return longest == null ? Optional.empty() : Optional.of(begun(longest));
    }

    /** The longest whose tokens these begin with, and do not end with; of two the newer. */
    public Optional<Begun> begun(int[] ids) {
        Begun longest = null;
        for (Completion each : completions) {
            int[] context = each.context();
            if (context.length < ids.length
                    && Arrays.equals(context, 0, context.length, ids, 0, context.length)
                    && (longest == null || context.length >= longest.context().length)) {
                longest = begun(each);
            }
        }
        return Optional.ofNullable(longest);
    }

    private static Begun begun(Completion completion) {
        return new Begun(
                completion.id(), completion.messages().size(), completion.turn().tokens(), completion.context());
    }

    /** Why a chat goes on with no completion; for people. */
    public String whyAnew(ChatRequest request) {
        if (completions.isEmpty()) {
            return "it is the first";
        }
        List<ObjectNode> chat = request.canonical();
        int most = 0;
        boolean template = false;
        for (Completion each : completions) {
            template |= each.template().equals(request.template());
            int same = 0;
            while (same < Math.min(chat.size(), each.messages().size())
                    && each.messages().get(same).equals(chat.get(same))) {
                same++;
            }
            most = Math.max(most, same);
        }
        return template
                ? "message " + (most + 1) + " is none that was recorded behind the " + most + " before it"
                : "its tools or its template's arguments are others";
    }

    /**
     * A chat's answer.
     *
     * @param parent null when it begins anew
     * @param before the tokens between the parent's and its own; without a parent its prompt
     * @param begins why it begins anew; null when it does not
     */
    public void record(
            String id,
            @Nullable Begun parent,
            int[] before,
            Turn turn,
            ChatRequest request,
            ObjectNode answer,
            @Nullable String begins) {
        List<ObjectNode> messages = new ArrayList<>(request.canonical());
        messages.add(ChatMessages.canonical(answer));
        completions.add(new Completion(
                id, parent == null ? null : named(parent.id()), before, turn, messages, request.template(), begins));
    }

    /** The answer to a request that is no chat. */
    public void record(String id, @Nullable Begun parent, int[] before, Turn turn, @Nullable String begins) {
        completions.add(new Completion(
                id, parent == null ? null : named(parent.id()), before, turn, List.of(), Json.object(), begins));
    }

    private @Nullable Completion named(String id) {
        return completions.stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElse(null);
    }

    /** Whether there is one of this name. */
    public boolean has(String id) {
        return named(id) != null;
    }

    /** Those that no other goes on with, in the order in which they were made. */
    public List<String> leaves() {
        Set<Completion> gone = new HashSet<>();
        completions.forEach(each -> {
            if (each.parent() != null) {
                gone.add(each.parent());
            }
        });
        return completions.stream()
                .filter(each -> !gone.contains(each))
                .map(Completion::id)
                .toList();
    }

    /**
     * A sample for each of these completions, which is its last. Of tokens that several share only the first trains.
     *
     * @param lasts each is one of these
     */
    public List<Trajectory> trajectories(List<String> lasts) {
        Set<Completion> trained = new HashSet<>();
        List<Trajectory> trajectories = new ArrayList<>();
        for (String last : lasts) {
            Completion end = named(last);
            if (end == null) {
                throw new IllegalArgumentException("there is no completion " + last);
            }
            Trajectory trajectory = null;
            for (Completion each : end.path()) {
                trajectory =
                        trajectory == null ? new Trajectory(each.before()) : trajectory.observe(each.before(), "\n");
                int length = each.turn().tokens().length;
                trajectory =
                        trained.add(each) ? trajectory.add(each.turn()) : trajectory.add(each.turn(), new byte[length]);
            }
            if (trajectory != null) {
                trajectories.add(trajectory);
            }
        }
        return trajectories;
    }

    /** What is said of a sample in its metadata: how many completions it has, and why it does not go on with another. */
    public ObjectNode said(String last) {
        Completion end = named(last);
        ObjectNode said = Json.object();
        if (end == null) {
            return said;
        }
        List<Completion> path = end.path();
        return said.put("completion", last)
                .put("completions", path.size())
                .put("begins", path.getFirst().begins());
    }
}
