package io.millrace.producer.source.chat;

import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.column.BadRowException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How chat messages become what an engine gets. For all threads; the same messages always come to the same. */
public interface Rendering {
    /**
     * @param tools that the model is told of; null for none
     * @param metadata of the row
     * @throws BadRowException when it cannot show all of it
     */
    Prompt.Messages render(List<ChatMessage> messages, @Nullable ArrayNode tools, ObjectNode metadata)
            throws BadRowException;

    /** Whether it is a model's own: it is shown all of a message, and a text is what a user says. */
    boolean isModels();
}
