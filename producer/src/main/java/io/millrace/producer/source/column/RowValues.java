package io.millrace.producer.source.column;

import tools.jackson.databind.JsonNode;

/** What holds for every value that a row is made of: it is written to the queue again. Stateless. */
public final class RowValues {
    private RowValues() {}

    /** Whether it is null or empty. */
    public static boolean isNothing(JsonNode node) {
        return node.isNull()
                || (node.isContainer() && node.isEmpty())
                || (node.isString() && node.stringValue().isEmpty());
    }

    /**
     * What is read here is written to the queue again: texts must be Unicode, numbers within a double's range. Names are
     * Unicode already, the JSON reader refuses others.
     */
    public static void checkWritable(JsonNode node) throws BadRowException {
        if (node.isString()) {
            checkedUnicode(node.stringValue());
        } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            throw new BadRowException(BadRowReason.WRONG_SHAPE, "the metadata has a number beyond a double's range");
        }
        for (JsonNode child : node.values()) {
            checkWritable(child);
        }
    }

    public static String checkedUnicode(String text) throws BadRowException {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isSurrogate(unit)) {
                if (Character.isLowSurrogate(unit)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new BadRowException(BadRowReason.NOT_TEXT, "a text has half a surrogate pair");
                }
                i++;
            }
        }
        return text;
    }
}
