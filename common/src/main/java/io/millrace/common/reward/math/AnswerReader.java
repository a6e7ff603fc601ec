package io.millrace.common.reward.math;

import io.millrace.common.reward.math.Token.Kind;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds the structure of an answer: collections, tuples, intervals, unions, equations; strips units and names; leaves the
 * values to {@link ScalarParser}.
 */
final class AnswerReader {
    /** A name before an equals sign has at most this many tokens: x, x_1, f(x, y). */
    private static final int NAME_TOKENS_MAX = 8;

    /** Units written without \text. Single letters are not among them: they are more often variables. */
    private static final Set<String> UNITS = Set.of(
            "cm",
            "mm",
            "km",
            "kg",
            "mg",
            "ml",
            "ft",
            "hr",
            "mph",
            "kmh",
            "lbs",
            "degree",
            "degrees",
            "centimeter",
            "centimeters",
            "meter",
            "meters",
            "kilometer",
            "kilometers",
            "mile",
            "miles",
            "second",
            "seconds",
            "minute",
            "minutes",
            "hour",
            "hours",
            "day",
            "days",
            "week",
            "weeks",
            "month",
            "months",
            "year",
            "years",
            "foot",
            "feet",
            "inch",
            "inches",
            "yard",
            "yards",
            "unit",
            "units",
            "dollar",
            "dollars",
            "cent",
            "cents",
            "point",
            "points",
            "square",
            "cubic",
            "gram",
            "grams",
            "pound",
            "pounds",
            "liter",
            "liters",
            "ways",
            "th",
            "st",
            "nd",
            "rd",
            "radian",
            "radians",
            "percent",
            "per",
            "sq",
            "students",
            "people",
            "integers",
            "digits");

    private final Work work;

    AnswerReader(Work work) {
        this.work = work;
    }

    /** @throws NotComparable only for {@link NotComparable.Reason#LIMIT}; what cannot be read is an answer too */
    Answer read(List<Token> tokens) throws NotComparable {
        return read(tokens, 0);
    }

    private Answer read(List<Token> given, int depth) throws NotComparable {
        work.enter(depth);
        work.spend(given.size());
        List<Token> tokens = unwrapped(given);
        if (tokens.isEmpty() || !isBalanced(tokens)) {
            return new Answer.Unread(Token.folded(tokens));
        }
        List<List<Token>> elements = split(tokens, token -> token.isSymbol(",") || token.isSymbol(";"));
        if (elements.size() > 1) {
            return collection(elements, depth);
        }
        List<List<Token>> sides = split(tokens, token -> token.isSymbol("=") || token.isCommand("in"));
        if (sides.size() > 1) {
            return equation(tokens, sides, depth);
        }
        List<List<Token>> parts = split(tokens, token -> token.isCommand("cup"));
        if (parts.size() > 1) {
            return new Answer.Union(readAll(parts, depth));
        }
        if (isWrapped(tokens)) {
            List<List<Token>> inner =
                    split(tokens.subList(1, tokens.size() - 1), token -> token.isSymbol(",") || token.isSymbol(";"));
            Token open = tokens.getFirst();
            if (open.isCommand("{") || (open.isSymbol("{") && inner.size() > 1)) {
                return inner.size() > 1 ? collection(inner, depth) : read(inner.getFirst(), depth + 1);
            }
            if (inner.size() > 1) {
                return new Answer.Tuple(open.text(), tokens.getLast().text(), readAll(inner, depth));
            }
        }
        return scalar(tokens, depth);
    }

    private Answer collection(List<List<Token>> elements, int depth) throws NotComparable {
        List<Answer> flat = new ArrayList<>();
        for (Answer element : readAll(elements, depth)) {
            if (element instanceof Answer.Collection nested) {
                flat.addAll(nested.elements());
            } else {
                flat.add(element);
            }
        }
        checkCount(flat.size());
        return new Answer.Collection(flat);
    }

    private List<Answer> readAll(List<List<Token>> pieces, int depth) throws NotComparable {
        checkCount(pieces.size());
        List<Answer> answers = new ArrayList<>();
        for (List<Token> piece : pieces) {
            answers.add(read(piece, depth + 1));
        }
        return answers;
    }

    private static void checkCount(int count) throws NotComparable {
        if (count > Work.ELEMENTS_MAX) {
            throw NotComparable.limit(count + " elements, at most " + Work.ELEMENTS_MAX);
        }
    }

    /** A chain such as x = 2 + 3 = 5 is its last member; an equation of two expressions stays one. */
    private Answer equation(List<Token> tokens, List<List<Token>> sides, int depth) throws NotComparable {
        if (isName(sides.getFirst())) {
            return read(sides.getLast(), depth + 1);
        }
        if (sides.size() > 2) {
            return new Answer.Unread(Token.folded(tokens));
        }
        return new Answer.Equation(read(sides.getFirst(), depth + 1), read(sides.getLast(), depth + 1));
    }

    private static boolean isName(List<Token> tokens) {
        if (tokens.isEmpty() || tokens.size() > NAME_TOKENS_MAX) {
            return false;
        }
        Token first = tokens.getFirst();
        boolean named = first.kind() == Kind.LETTERS
                || first.kind() == Kind.TEXT
                || (first.kind() == Kind.COMMAND && tokens.size() == 1);
        return named
                && (tokens.size() == 1
                        || tokens.get(1).isSymbol("_")
                        || tokens.get(1).isSymbol("("));
    }

    private Answer scalar(List<Token> tokens, int depth) throws NotComparable {
        List<Integer> plusMinus = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).isCommand("pm")) {
                plusMinus.add(i);
            }
        }
        if (plusMinus.size() == 1) {
            Answer plus = read(replaced(tokens, plusMinus.getFirst(), "+"), depth + 1);
            Answer minus = read(replaced(tokens, plusMinus.getFirst(), "-"), depth + 1);
            return new Answer.Collection(List.of(plus, minus));
        }
        List<Token> bare = new ArrayList<>(tokens);
        boolean percent = stripUnits(bare);
        try {
            return new Answer.Scalar(ScalarParser.parse(bare, work), percent);
        } catch (NotComparable e) {
            if (e.reason() == NotComparable.Reason.LIMIT) {
                throw e;
            }
            return new Answer.Unread(Token.folded(tokens));
        }
    }

    private static List<Token> replaced(List<Token> tokens, int index, String symbol) {
        List<Token> copy = new ArrayList<>(tokens);
        copy.set(index, new Token(Kind.SYMBOL, symbol, false));
        return copy;
    }

    /** Takes units off the end; whether a percent sign was among them. Something is always left. */
    private static boolean stripUnits(List<Token> tokens) {
        boolean percent = false;
        while (tokens.size() > 1) {
            int unit = lastUnit(tokens);
            if (unit < 1) {
                return percent;
            }
            Token token = tokens.get(unit);
            percent |= token.isSymbol("%") || token.text().equals("percent");
            boolean quotient = unit > 1
                    && tokens.get(unit - 1).isSymbol("/")
                    && tokens.get(unit - 2).kind() != Kind.NUMBER;
            boolean raised = !quotient && unit > 1 && tokens.get(unit - 1).isSymbol("^");
            tokens.subList(quotient || raised ? unit - 1 : unit, tokens.size()).clear();
        }
        return percent;
    }

    /** Where the unit that ends the tokens begins, its exponent after it; -1 when they end with none. */
    private static int lastUnit(List<Token> tokens) {
        int last = tokens.size() - 1;
        if (isUnit(tokens.get(last))) {
            return last;
        }
        boolean raised = last >= 2
                && tokens.get(last).kind() == Kind.NUMBER
                && tokens.get(last - 1).isSymbol("^")
                && isUnit(tokens.get(last - 2));
        if (raised) {
            return last - 2;
        }
        boolean raisedInBraces = last >= 4
                && tokens.get(last).isSymbol("}")
                && tokens.get(last - 1).kind() == Kind.NUMBER
                && tokens.get(last - 2).isSymbol("{")
                && tokens.get(last - 3).isSymbol("^")
                && isUnit(tokens.get(last - 4));
        return raisedInBraces ? last - 4 : -1;
    }

    private static boolean isUnit(Token token) {
        return token.kind() == Kind.TEXT
                || token.isSymbol("%")
                || (token.kind() == Kind.LETTERS && UNITS.contains(token.text()));
    }

    /** Without the plain braces that hold all of it, unless they are a set's. One pass, however many there are. */
    private static List<Token> unwrapped(List<Token> tokens) {
        if (!isWrapped(tokens) || !tokens.getFirst().isSymbol("{")) {
            return tokens;
        }
        int[] closings = new int[tokens.size()];
        BitSet commas = new BitSet();
        findPartners(tokens, closings, commas);
        int from = 0;
        int to = tokens.size();
        while (to - from >= 2 && tokens.get(from).isSymbol("{") && closings[from] == to - 1 && !commas.get(from + 1)) {
            from++;
            to--;
        }
        return tokens.subList(from, to);
    }

    /**
     * @param closings gets, at each opening bracket, where what closes it stands; 0 where nothing does
     * @param commas gets the depths at which commas stand
     */
    private static void findPartners(List<Token> tokens, int[] closings, BitSet commas) {
        Deque<Integer> open = new ArrayDeque<>();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.opens()) {
                open.push(i);
            } else if (token.closes() && !open.isEmpty()) {
                closings[open.pop()] = i;
            } else if (token.isSymbol(",")) {
                commas.set(open.size());
            }
        }
    }

    /** Whether the first token opens a bracket that the last one closes. */
    private static boolean isWrapped(List<Token> tokens) {
        if (tokens.size() < 2 || !tokens.getFirst().opens() || !tokens.getLast().closes()) {
            return false;
        }
        int depth = 0;
        for (int i = 0; i < tokens.size() - 1; i++) {
            depth += step(tokens.get(i));
            if (depth <= 0) {
                return false;
            }
        }
        return depth == 1;
    }

    private static boolean isBalanced(List<Token> tokens) {
        int depth = 0;
        for (Token token : tokens) {
            depth += step(token);
            if (depth < 0) {
                return false;
            }
        }
        return depth == 0;
    }

    private static int step(Token token) {
        return token.opens() ? 1 : token.closes() ? -1 : 0;
    }

    private static List<List<Token>> split(List<Token> tokens, Predicate<Token> separator) {
        List<List<Token>> pieces = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < tokens.size(); i++) {
            depth += step(tokens.get(i));
            if (depth == 0 && separator.test(tokens.get(i))) {
                pieces.add(tokens.subList(start, i));
                start = i + 1;
            }
        }
        pieces.add(tokens.subList(start, tokens.size()));
        return pieces;
    }
}
