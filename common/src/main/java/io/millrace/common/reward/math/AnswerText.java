package io.millrace.common.reward.math;

import io.millrace.common.reward.BoxedAnswer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the answer in a text. The last box has it; boxes that only a comma or an "and" parts are its elements. Where
 * nothing is boxed it is what stands behind the last "answer", or else the last formula, or the last number. Bounded: it
 * looks at the end of a text only.
 */
public final class AnswerText {
    private static final String BOXED = "\\boxed";

    /** In characters, of what is looked at. */
    private static final int TAIL_LENGTH_MAX = 4000;

    /** In characters, between two boxes that belong together. */
    private static final int LINK_LENGTH_MAX = 60;

    private static final int BOXES_MAX = 20;

    private static final Pattern FORMULA = Pattern.compile(
            "\\$\\$(.{1,2000}?)\\$\\$|(?<!\\\\)\\$(.{1,2000}?)(?<!\\\\)\\$|\\\\\\[(.{1,2000}?)\\\\]|\\\\\\((.{1,2000}?)\\\\\\)",
            Pattern.DOTALL);

    private static final Pattern NUMBER =
            Pattern.compile("(?<![A-Za-z0-9.])-?(?:[0-9][0-9,]*(?:\\.[0-9]+)?|\\.[0-9]+)(?:/[0-9]+)?(?:\\s?\\\\?%)?");

    private static final Pattern ANNOUNCED = Pattern.compile("(?i)\\b(?:answers?|therefore|thus|hence)\\b");

    private static final Pattern SAYS = Pattern.compile("[\\s:*]*(?:is|are|:|=)?[\\s:*]*");

    private static final Pattern FINAL = Pattern.compile("(?i)final answer is");

    /** What may stand between two boxes of one answer, once fonts, spaces and signs are out. */
    private static final Pattern LINK =
            Pattern.compile("(?:[A-Za-z()]{1,20} ){0,6}(?:and|or) (?:[A-Za-z_0-9=]{1,10} ){0,4}| ?");

    private static final Pattern SIGNS =
            Pattern.compile("\\\\q?quad|\\\\text\\b|\\\\[\\[\\](),;:! ]|[\\s$,;+{}~&]+|\\\\\\\\|\\\\$");

    private AnswerText() {}

    /** @return empty when there is none, such as when the last box is open */
    public static Optional<String> of(String text) {
        if (text.contains(BOXED)) {
            return boxes(text);
        }
        if (BoxedAnswer.last(text).isPresent()) {
            return BoxedAnswer.last(text);
        }
        return Optional.of(bare(text));
    }

    /** The last box, and those before it that belong to it. */
    private static Optional<String> boxes(String text) {
        Optional<String> last = BoxedAnswer.last(text);
        if (last.isEmpty()) {
            return last;
        }
        String behind = text.substring(text.lastIndexOf(BOXED));
        if (behind.length() <= TAIL_LENGTH_MAX && FINAL.matcher(behind).find()) {
            return Optional.of(bare(behind));
        }
        Deque<String> boxes = new ArrayDeque<>();
        boxes.push(last.get());
        int end = text.lastIndexOf(BOXED);
        while (boxes.size() < BOXES_MAX) {
            String before = text.substring(0, end);
            int start = before.lastIndexOf(BOXED);
            Optional<String> box = start < 0 ? Optional.empty() : BoxedAnswer.last(before);
            if (box.isEmpty()) {
                break;
            }
            int closed = start + BOXED.length() + box.get().length() + 2;
            if (end - closed > LINK_LENGTH_MAX || closed > end || !isLink(text.substring(closed, end))) {
                break;
            }
            boxes.push(box.get());
            end = start;
        }
        return Optional.of(String.join(", ", boxes));
    }

    private static boolean isLink(String between) {
        String words =
                SIGNS.matcher(between).replaceAll(" ").replaceAll(" +", " ").stripLeading();
        return LINK.matcher(words).matches();
    }

    /** Of a text without a box. */
    private static String bare(String text) {
        String tail = tail(text);
        if (!isProse(tail)) {
            return text;
        }
        int announced = -1;
        Matcher word = ANNOUNCED.matcher(tail);
        while (word.find()) {
            announced = word.end();
        }
        if (announced >= 0) {
            String sentence = sentence(tail.substring(announced));
            Matcher formula = FORMULA.matcher(sentence);
            boolean atOnce = formula.find()
                    && SAYS.matcher(sentence.substring(0, formula.start())).matches();
            Optional<String> said = last(sentence, !atOnce);
            if (said.isPresent()) {
                return said.get();
            }
        }
        return last(tail, false).or(() -> number(tail)).orElse(text);
    }

    /** The end of it, which begins with no end of a formula. */
    private static String tail(String text) {
        int from = text.length() - TAIL_LENGTH_MAX;
        if (from <= 0) {
            return text;
        }
        int signs = 0;
        for (int i = 0; i < from; i++) {
            signs += text.charAt(i) == '$' && (i == 0 || text.charAt(i - 1) != '\\') ? 1 : 0;
        }
        int next = text.indexOf('$', from);
        return text.substring(signs % 2 == 1 && next >= 0 ? next + 1 : from);
    }

    /** Whether words stand outside of formulas. */
    private static boolean isProse(String text) {
        String outside = FORMULA.matcher(text).replaceAll(" ");
        return outside.chars().filter(Character::isLetter).count() >= 3
                && Pattern.compile("[A-Za-z]{3,}")
                        .matcher(outside.replaceAll("\\\\[A-Za-z]+(?:\\{[^{}]*})?", " "))
                        .find()
                && (outside.length() < text.length() || outside.contains(" "));
    }

    /** Up to the first full stop that ends one. */
    private static String sentence(String text) {
        Matcher stop = Pattern.compile("\\.\\s+[A-Z\\[<]").matcher(text);
        return stop.find() && stop.start() > 0 ? text.substring(0, stop.start()) : text;
    }

    /** The last formula, and those before it that belong to it; or a number behind it. */
    private static Optional<String> last(String text, boolean numbers) {
        Matcher formula = FORMULA.matcher(text);
        @Nullable String found = null;
        int end = 0;
        while (formula.find()) {
            String inside = inside(formula);
            boolean linked = found != null && isLink(text.substring(end, formula.start()));
            found = linked ? found + ", " + inside : inside;
            end = formula.end();
        }
        Optional<String> behind = numbers ? number(text.substring(end)) : Optional.empty();
        return behind.isPresent() ? behind : Optional.ofNullable(found);
    }

    private static String inside(Matcher formula) {
        for (int group = 1; group <= formula.groupCount(); group++) {
            if (formula.start(group) >= 0) {
                return formula.group()
                        .substring(formula.start(group) - formula.start(), formula.end(group) - formula.start());
            }
        }
        return "";
    }

    private static Optional<String> number(String text) {
        Matcher number = NUMBER.matcher(text);
        Optional<String> found = Optional.empty();
        while (number.find()) {
            found = Optional.of(number.group());
        }
        return found;
    }
}
