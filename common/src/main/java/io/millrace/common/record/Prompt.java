package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a group is asked, in the three shapes data sets have. On the wire the field names tell the shapes apart. */
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({
    @JsonSubTypes.Type(Prompt.Text.class),
    @JsonSubTypes.Type(Prompt.Messages.class),
    @JsonSubTypes.Type(Prompt.TokenIds.class)
})
public sealed interface Prompt {
    /** The text that the engine tokenizes; empty for token ids. */
    String asText();

    /** Its token ids, where they are known; null where an engine makes them of the text. Do not change the array. */
    int @Nullable [] ids();

    /** Text that goes to the engine as it is. */
    record Text(String text) implements Prompt {
        @Override
        public int @Nullable [] ids() {
            return null;
        }

        @Override
        public String asText() {
            return text;
        }
    }

    /**
     * Chat messages.
     *
     * @param messages as they stand in the data set, at least one
     * @param rendered the same under the run's chat template: what the engine gets
     * @param renderedIds token ids of that by the model's own tokenizer; null when the engine is to make them
     */
    record Messages(List<ChatMessage> messages, String rendered, int @Nullable [] renderedIds) implements Prompt {
        /** Not tokenized. */
        public Messages(List<ChatMessage> messages, String rendered) {
            this(messages, rendered, null);
        }

        public Messages {
            messages = List.copyOf(messages);
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("messages must not be empty");
            }
            if (renderedIds != null) {
                check("rendered_ids", renderedIds);
            }
        }

        @Override
        public String asText() {
            return rendered;
        }

        @Override
        public int @Nullable [] ids() {
            return renderedIds;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Messages that
                    && messages.equals(that.messages)
                    && rendered.equals(that.rendered)
                    && Arrays.equals(renderedIds, that.renderedIds);
        }

        @Override
        public int hashCode() {
            return 31 * messages.hashCode() + rendered.hashCode();
        }
    }

    /** A prompt tokenized before it came to us; at least one id, none negative. Do not change the array. */
    record TokenIds(int[] inputIds) implements Prompt {
        public TokenIds {
            check("input_ids", inputIds);
        }

        @Override
        public int[] ids() {
            return inputIds;
        }

        @Override
        public String asText() {
            return "";
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof TokenIds that && Arrays.equals(inputIds, that.inputIds);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(inputIds);
        }

        @Override
        public String toString() {
            return "TokenIds[" + inputIds.length + " ids]";
        }
    }

    private static void check(String name, int[] ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException(name + " must not be empty");
        }
        for (int id : ids) {
            if (id < 0) {
                throw new IllegalArgumentException(name + " has the negative id " + id);
            }
        }
    }
}
