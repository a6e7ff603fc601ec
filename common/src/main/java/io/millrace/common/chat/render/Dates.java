package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.TemplateException;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Dates as Python's {@code strftime} writes them. Stateless. */
final class Dates {
    private Dates() {}

    static String of(@Nullable LocalDate date, String format) {
        if (date == null) {
            throw new TemplateException(
                    "the template asks for today's date, so a prompt would be another every day; give"
                            + " the date by --chat-template-date");
        }
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < format.length()) {
            char c = format.charAt(i++);
            if (c != '%' || i == format.length()) {
                text.append(c);
                continue;
            }
            char what = format.charAt(i++);
            text.append(
                    switch (what) {
                        case 'd' -> String.format("%02d", date.getDayOfMonth());
                        case 'm' -> String.format("%02d", date.getMonthValue());
                        case 'y' -> String.format("%02d", date.getYear() % 100);
                        case 'Y' -> String.format("%04d", date.getYear());
                        case 'b' -> date.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
                        case 'B' -> date.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
                        case 'a' -> date.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
                        case 'A' -> date.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
                        case 'j' -> String.format("%03d", date.getDayOfYear());
                        case '%' -> "%";
                        default -> throw new TemplateException("'strftime_now' of %" + what + " is not rendered here");
                    });
        }
        return text.toString();
    }
}
