package io.millrace.ops.top;

import io.millrace.ops.screen.Glyphs;
import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.WCWidth;

/** Rows under headings, in columns of fixed widths with a space between. Stateless. */
final class Table {
    private static final int REST_MIN = 8;

    private Table() {}

    static <T> List<Line> lines(List<Column<T>> columns, List<T> rows, int width, Glyphs glyphs) {
        int fixed = columns.stream().mapToInt(column -> column.width() + 1).sum() - 1;
        int rest = Math.max(REST_MIN, width - fixed);
        List<Line> lines = new ArrayList<>();
        Line head = new Line();
        for (int i = 0; i < columns.size(); i++) {
            Column<T> column = columns.get(i);
            cell(head, column, column.heading(), Line.BOLD, rest, glyphs, i == columns.size() - 1);
        }
        lines.add(head);
        for (T row : rows) {
            Line line = new Line();
            for (int i = 0; i < columns.size(); i++) {
                Column<T> column = columns.get(i);
                Column.Cell cell = column.cell().apply(row);
                cell(line, column, glyphs.plain(cell.text()), cell.style(), rest, glyphs, i == columns.size() - 1);
            }
            lines.add(line);
        }
        return lines;
    }

    private static void cell(
            Line line, Column<?> column, String text, AttributedStyle style, int rest, Glyphs glyphs, boolean last) {
        int width = column.width() == 0 ? rest : column.width();
        String shown = fit(text, width, glyphs);
        String gap = " ".repeat(width - columns(shown));
        if (column.right()) {
            line.add(gap).add(style, shown);
        } else {
            line.add(style, shown);
            if (!last) {
                line.add(gap);
            }
        }
        if (!last) {
            line.add(" ");
        }
    }

    private static String fit(String text, int width, Glyphs glyphs) {
        return columns(text) <= width ? text : new AttributedString(text).columnSubSequence(0, width - 1) + glyphs.cut;
    }

    private static int columns(String text) {
        return text.codePoints().map(one -> Math.max(0, WCWidth.wcwidth(one))).sum();
    }
}
