package io.millrace.ops.top;

import java.util.function.Function;
import org.jline.utils.AttributedStyle;

/**
 * One column of a table.
 *
 * @param width columns; 0 takes what the others leave, and the last one may be cut
 * @param right whether numbers stand in it
 * @param cell of a row; its text is shortened to the width
 * @param <T> what a row is
 */
record Column<T>(String heading, int width, boolean right, Function<T, Cell> cell) {
    /** A text with its looks. */
    record Cell(String text, AttributedStyle style) {
        static Cell of(String text) {
            return new Cell(text, Line.PLAIN);
        }
    }

    static <T> Column<T> text(String heading, int width, Function<T, String> cell) {
        return new Column<>(heading, width, false, row -> Cell.of(cell.apply(row)));
    }

    static <T> Column<T> number(String heading, int width, Function<T, String> cell) {
        return new Column<>(heading, width, true, row -> Cell.of(cell.apply(row)));
    }
}
