package io.millrace.producer.source.chat;

import io.millrace.common.chat.ModelChat;
import io.millrace.common.chat.ModelTokenizer;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * By the model's own template and tokenizer. A row's metadata may have arguments of the template for itself, as TRL's rows
 * do. Immutable.
 */
public record ModelRendering(ModelChat chat, ModelTokenizer tokenizer) implements Rendering {
    private static final String ARGUMENTS = "chat_template_kwargs";

    @Override
    public Prompt.Messages render(List<ChatMessage> messages, @Nullable ArrayNode tools, ObjectNode metadata)
            throws BadRowException {
        ObjectNode arguments = metadata.path(ARGUMENTS) instanceof ObjectNode own ? own : Json.object();
        String text;
        try {
            text = chat.render(messages, tools, arguments);
        } catch (TemplateException e) {
            throw new BadRowException(BadRowReason.TEMPLATE, "the chat template does not take it: " + e.getMessage());
        }
        int[] ids = tokenizer.ids(text);
        if (ids.length == 0) {
            throw new BadRowException(BadRowReason.EMPTY_PROMPT, "the chat template makes nothing of it");
        }
        return new Prompt.Messages(messages, text, ids);
    }

    @Override
    public boolean isModels() {
        return true;
    }
}
