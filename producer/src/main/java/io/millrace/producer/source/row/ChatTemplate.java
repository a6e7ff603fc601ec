package io.millrace.producer.source.row;

import io.millrace.common.record.ChatMessage;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How chat messages become the one text an engine gets.
 *
 * <p>These are fixed text forms, not a model's own Jinja template: no default system message is added, no tools, no
 * thinking switch, no begin-of-sequence token, and markers that stand in a message's content are not escaped. A model
 * that needs another template needs a pre-tokenized data set: prompts as token ids, made with the model's tokenizer.
 */
public enum ChatTemplate {
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
                        + "'; for another template use a data set of token ids"));
    }
}
