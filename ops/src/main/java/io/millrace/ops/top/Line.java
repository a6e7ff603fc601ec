package io.millrace.ops.top;

import io.millrace.ops.screen.Glyphs;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** One line, put together of styled texts; it is cut to a width by columns, of which some characters take two. */
final class Line {
    static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;
    static final AttributedStyle BOLD = AttributedStyle.BOLD;
    static final AttributedStyle FAINT = AttributedStyle.DEFAULT.faint();
    static final AttributedStyle GOOD = AttributedStyle.DEFAULT.foreground(AttributedStyle.GREEN);
    static final AttributedStyle WARN = AttributedStyle.DEFAULT.foreground(AttributedStyle.YELLOW);
    static final AttributedStyle BAD = AttributedStyle.BOLD.foreground(AttributedStyle.RED);
    static final AttributedStyle HEADING = AttributedStyle.INVERSE;

    private final AttributedStringBuilder text = new AttributedStringBuilder();

    static Line of(String text) {
        return new Line().add(text);
    }

    static Line of(AttributedStyle style, String text) {
        return new Line().add(style, text);
    }

    Line add(String more) {
        return add(PLAIN, more);
    }

    Line add(AttributedStyle style, String more) {
        text.styled(style, more);
        return this;
    }

    /** With a sign at its end where something is missing. */
    AttributedString fit(int width, Glyphs glyphs) {
        AttributedString whole = text.toAttributedString();
        if (whole.columnLength() <= width) {
            return whole;
        }
        if (width < 1) {
            return AttributedString.EMPTY;
        }
        return new AttributedStringBuilder()
                .append(whole.columnSubSequence(0, width - 1))
                .append(glyphs.cut)
                .toAttributedString();
    }
}
