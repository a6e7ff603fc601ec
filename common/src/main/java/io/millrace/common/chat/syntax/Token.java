package io.millrace.common.chat.syntax;

/**
 * A piece of a template.
 *
 * @param text of a name, operator or piece of data; of a string what it stands for
 * @param line in the template, 1 for the first
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        /** Text that is put out as it stands. */
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind kind, String text) {
        return this.kind == kind && this.text.equals(text);
    }

    @Override
    public String toString() {
        return kind == Kind.END ? "the end of the template" : "'" + text + "'";
    }
}
