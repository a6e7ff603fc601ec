package io.millrace.worker.agent.chat;

import io.millrace.worker.attempt.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One completion as it was recorded. Immutable.
 *
 * @param id as the agent knows it
 * @param parent the completion that it goes on with; null when it begins anew
 * @param before the tokens between the parent's and its own; without a parent its prompt
 * @param messages the chat with its answer, as they are compared; empty for one that is none of a chat
 * @param template what else went into the template
 * @param begins why it does not go on with another; null when it does
 */
record Completion(
        String id,
        @Nullable Completion parent,
        int[] before,
        Turn turn,
        List<ObjectNode> messages,
        ObjectNode template,
        @Nullable String begins) {
    Completion {
        messages = List.copyOf(messages);
    }

    /** From the first on, itself the last. */
    List<Completion> path() {
        List<Completion> path = new ArrayList<>();
        for (Completion at = this; at != null; at = at.parent) {
            path.add(at);
        }
        return path.reversed();
    }

    /** All tokens up to its end. */
    int[] context() {
        int[] context = new int[0];
        for (Completion each : path()) {
            context = Bridge.joined(Bridge.joined(context, each.before), each.turn.tokens());
        }
        return context;
    }

    /** Whether the chat begins with all of its messages, under the same template. */
    boolean isBeginningOf(List<ObjectNode> chat, ObjectNode withTemplate) {
        return !messages.isEmpty()
                && messages.size() <= chat.size()
                && template.equals(withTemplate)
                && messages.equals(chat.subList(0, messages.size()));
    }
}
