package io.millrace.producer.source.column;

import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The shapes that rows have, by the trainers whose data sets they are. */
public enum RowForm {
    /** Told by the first row that has one of the others. */
    AUTO(""),
    /** Columns by the names of the settings; others are left out. */
    SLIME("the column of --input-key"),
    /** {@code prompt}, {@code reward_model.ground_truth}, {@code data_source}, {@code extra_info}. */
    VERL("'prompt' and an object 'reward_model' with 'ground_truth'"),
    /** {@code prompt} or {@code messages}, and {@code solution}; reward functions get every other column. */
    TRL("'prompt' or 'messages', and 'solution'"),
    /** {@code messages} and {@code tools}; an answer at the end is the reference. */
    OPENAI("'messages'");

    static final String PROMPT = "prompt";
    static final String MESSAGES = "messages";
    static final String SOLUTION = "solution";
    static final String REWARD_MODEL = "reward_model";

    private final String wants;

    RowForm(String wants) {
        this.wants = wants;
    }

    /** What a row of it has, for people; empty for {@link #AUTO}. */
    public String wants() {
        return wants;
    }

    /** As the setting has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The shape of a row. Columns that the settings name are taken at their word: with any key that is not the default,
     * rows are slime's.
     *
     * @return empty when it has none of them
     */
    public static Optional<RowForm> of(ObjectNode row, ColumnNames names) {
        if (!names.areDefaults()) {
            return row.has(names.input()) ? Optional.of(SLIME) : Optional.empty();
        }
        if (row.get(REWARD_MODEL) instanceof ObjectNode) {
            return Optional.of(VERL);
        }
        boolean messages = row.path(MESSAGES).isArray();
        boolean prompt = row.has(PROMPT);
        if (prompt && row.has(names.label())) {
            return Optional.of(SLIME);
        }
        if ((prompt || messages) && row.has(SOLUTION)) {
            return Optional.of(TRL);
        }
        if (messages) {
            return Optional.of(OPENAI);
        }
        return prompt ? Optional.of(SLIME) : Optional.empty();
    }

    /** Columns of a row, for an error. */
    public static String columns(JsonNode row) {
        String names = String.join(", ", row.propertyNames());
        return names.isEmpty() ? "none" : names.length() > 120 ? names.substring(0, 120) + "..." : names;
    }
}
