package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.List;

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

    /** Text that goes to the engine as it is. */
    record Text(String text) implements Prompt {

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
     */
    record Messages(List<ChatMessage> messages, String rendered) implements Prompt {
        public Messages {
            messages = List.copyOf(messages);
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("messages must not be empty");
            }
        }

        @Override
        public String asText() {
            return rendered;
        }
    }

    /** A prompt tokenized before it came to us; at least one id, none negative. Do not change the array. */
    record TokenIds(int[] inputIds) implements Prompt {
        public TokenIds {
            if (inputIds.length == 0) {
                throw new IllegalArgumentException("input_ids must not be empty");
            }
            for (int id : inputIds) {
                if (id < 0) {
                    throw new IllegalArgumentException("input_ids has the negative id " + id);
                }
            }
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
}
