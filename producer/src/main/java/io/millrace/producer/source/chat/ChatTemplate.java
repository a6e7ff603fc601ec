package io.millrace.producer.source.chat;

import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How chat messages become the one text an engine gets.
 *
 * <p>These are fixed text forms, not a model's own Jinja template: no default system message is added, no tools, no
 * thinking switch, no begin-of-sequence token, and markers that stand in a message's content are not escaped. A model's own
 * template is {@link ModelRendering}.
 */
public enum ChatTemplate implements Rendering {
    /** ChatML, as the Qwen family reads it; ends with the opening of the assistant's turn. */
    CHATML {
        @Override
        public String render(List<ChatMessage> messages) {
            StringBuilder text = new StringBuilder();
            for (ChatMessage message : messages) {
                text.append("<|im_start|>")
                        .append(message.role())
                        .append('\n')
                        .append(message.content())
                        .append("<|im_end|>\n");
            }
            return text.append("<|im_start|>assistant\n").toString();
        }
    },

    /** The contents, joined by line feeds; roles are not shown. For base models. */
    PLAIN {
        @Override
        public String render(List<ChatMessage> messages) {
            return messages.stream().map(ChatMessage::content).collect(Collectors.joining("\n"));
        }
    };

    /** The text of these messages, in their order. */
    public abstract String render(List<ChatMessage> messages);

    @Override
    public Prompt.Messages render(List<ChatMessage> messages, @Nullable ArrayNode tools, ObjectNode metadata)
            throws BadRowException {
        if (tools != null) {
            throw new BadRowException(
                    BadRowReason.NOT_TEXT,
                    "the model would not be told of its tools: --chat-template " + settingName()
                            + " has none, --apply-chat-template may have");
        }
        return new Prompt.Messages(messages, render(messages));
    }

    @Override
    public boolean isModels() {
        return false;
    }

    /** The name in settings, in lower case. */
    public String settingName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException when there is no template of this setting name */
    public static ChatTemplate parse(String settingName) {
        return Arrays.stream(values())
                .filter(template -> template.settingName().equals(settingName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("chat_template must be one of "
                        + Arrays.stream(values()).map(ChatTemplate::settingName).collect(Collectors.joining(", "))
                        + ", was '" + settingName
                        + "'; a model's own is --apply-chat-template, or a data set of token ids"));
    }
}
