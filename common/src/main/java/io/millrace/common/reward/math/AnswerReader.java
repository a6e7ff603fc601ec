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
import org.jspecify.annotations.Nullable;

/**
 * Finds the structure of an answer: collections, tuples, intervals, unions, equations; strips units and names; leaves the
 * values to {@link ScalarParser}.
 */
final class AnswerReader {
    /** A name before an equals sign has at most this many tokens: x, x_1, f(x, y). */
    private static final int NAME_TOKENS_MAX = 14;

    private static final Set<String> NAME_SYMBOLS = Set.of("(", ")", "{", "}", "_", ":", "|", ",", "'");

    private static final Set<String> RELATIONS = Set.of("<", ">", "<=", ">=", "!=");

    private final Work work;
    private final boolean equations;

    /** @param equations whether what has a name before an equals sign is an equation, and not just what is behind it */
    AnswerReader(Work work, boolean equations) {
        this.work = work;
        this.equations = equations;
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
            return new Answer.Unread(tokens);
        }
        List<List<Token>> elements = split(tokens, token -> token.isSymbol(",") || token.isSymbol(";"));
        if (elements.size() > 1) {
            List<List<Token>> groups = split(tokens, token -> token.isSymbol(";"));
            boolean tuples = groups.size() > 1 && groups.stream().allMatch(AnswerReader::isListOfNamed);
            return tuples ? tuples(groups, depth) : collection(elements, depth);
        }
        List<List<Token>> nearly = split(tokens, token -> token.isCommand("approx"));
        if (nearly.size() > 1) {
            List<Token> exact = nearly.getFirst();
            boolean named = isName(exact) || exact.isEmpty();
            return read(named ? nearly.getLast() : exact, depth + 1);
        }
        List<List<Token>> related =
                split(tokens, token -> token.kind() == Kind.SYMBOL && RELATIONS.contains(token.text()));
        if (related.size() == 2 || related.size() == 3) {
            return relation(tokens, related, depth);
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
            if (open.isCommand(Token.TABLE)) {
                return table(tokens.subList(1, tokens.size() - 1), depth);
            }
            List<Token> inside = tokens.subList(1, tokens.size() - 1);
            if (isWrapped(inside) && inside.getFirst().isCommand(Token.TABLE)) {
                return read(inside, depth + 1);
            }
            if (open.isCommand("{") || (open.isSymbol("{") && inner.size() > 1)) {
                return inner.size() > 1 ? collection(inner, depth) : read(inner.getFirst(), depth + 1);
            }
            if (inner.size() > 1) {
                return new Answer.Tuple(open.text(), tokens.getLast().text(), readAll(inner, depth));
            }
        }
        Answer matrix = computed(tokens, depth);
        return matrix != null ? matrix : scalar(tokens, depth);
    }

    /** p=5, q=2. */
    private static boolean isListOfNamed(List<Token> tokens) {
        List<List<Token>> elements = split(tokens, token -> token.isSymbol(","));
        return elements.size() > 1
                && elements.stream().allMatch(element -> element.stream().anyMatch(token -> token.isSymbol("=")));
    }

    /** Of p=5, q=2; p=7, q=2. */
    private Answer tuples(List<List<Token>> groups, int depth) throws NotComparable {
        checkCount(groups.size());
        List<Answer> tuples = new ArrayList<>();
        for (List<Token> group : groups) {
            tuples.add(new Answer.Tuple("(", ")", readAll(split(group, token -> token.isSymbol(",")), depth)));
        }
        return new Answer.Collection(tuples);
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

    /** Tables beside one another, or with a sign between them; null where it is anything else. */
    private @Nullable Answer computed(List<Token> tokens, int depth) throws NotComparable {
        if (tokens.stream().noneMatch(token -> token.isCommand(Token.TABLE))) {
            return null;
        }
        @Nullable Tables total = null;
        for (List<Token> summand : split(tokens, token -> token.isSymbol("+"))) {
            @Nullable Tables product = null;
            int start = 0;
            for (int i = 0, open = 0; i < summand.size(); i++) {
                Token token = summand.get(i);
                open += step(token);
                boolean sign =
                        open == 0 && (token.isCommand("cdot") || token.isCommand("times") || token.isSymbol("*"));
                if (open > 0 || sign) {
                    start = sign ? i + 1 : start;
                    continue;
                }
                Tables factor = Tables.of(read(summand.subList(start, i + 1), depth + 1));
                if (factor == null) {
                    return null;
                }
                product = product == null ? factor : product.times(factor, work);
                start = i + 1;
            }
            if (product == null) {
                return null;
            }
            total = total == null ? product : total.plus(product, work);
        }
        return total == null ? null : total.answer();
    }

    private Answer table(List<Token> tokens, int depth) throws NotComparable {
        List<List<Answer>> rows = new ArrayList<>();
        for (List<Token> row : split(tokens, token -> token.isSymbol(Token.ROW))) {
            if (!row.isEmpty()) {
                rows.add(readAll(split(row, token -> token.isSymbol("&")), depth));
            }
        }
        checkCount(rows.size());
        return new Answer.Table(rows);
    }

    /** Two of them around a name are an interval. */
    private Answer relation(List<Token> tokens, List<List<Token>> sides, int depth) throws NotComparable {
        String first = tokens.get(sides.getFirst().size()).text();
        if (sides.size() == 2) {
            Answer left = read(sides.getFirst(), depth + 1);
            Answer right = read(sides.getLast(), depth + 1);
            boolean turned = first.startsWith(">");
            return new Answer.Relation(
                    turned ? "<" + first.substring(1) : first, turned ? right : left, turned ? left : right);
        }
        String second =
                tokens.get(sides.getFirst().size() + 1 + sides.get(1).size()).text();
        if (!isName(sides.get(1)) || first.charAt(0) != second.charAt(0) || first.startsWith("!")) {
            return new Answer.Unread(tokens);
        }
        boolean falls = first.startsWith(">");
        Answer low = read(falls ? sides.getLast() : sides.getFirst(), depth + 1);
        Answer high = read(falls ? sides.getFirst() : sides.getLast(), depth + 1);
        String open = (falls ? second : first).endsWith("=") ? "[" : "(";
        String close = (falls ? first : second).endsWith("=") ? "]" : ")";
        Answer interval = new Answer.Tuple(open, close, List.of(low, high));
        boolean absolute =
                sides.get(1).getFirst().isSymbol("|") && sides.get(1).getLast().isSymbol("|");
        if (absolute && low instanceof Answer.Scalar least && high instanceof Answer.Scalar most) {
            String mirroredOpen = close.equals("]") ? "[" : "(";
            String mirroredClose = open.equals("[") ? "]" : ")";
            return new Answer.Union(List.of(
                    new Answer.Tuple(mirroredOpen, mirroredClose, List.of(negated(most), negated(least))), interval));
        }
        return interval;
    }

    private static Answer negated(Answer.Scalar scalar) {
        List<Token> tokens = new ArrayList<>();
        tokens.add(new Token(Kind.SYMBOL, "-", false));
        tokens.addAll(scalar.tokens());
        return new Answer.Scalar(scalar.term().negate(), scalar.percent(), tokens);
    }

    /** A chain such as x = 2 + 3 = 5 is its last member; an equation of two expressions stays one. */
    private Answer equation(List<Token> tokens, List<List<Token>> sides, int depth) throws NotComparable {
        boolean kept = equations
                && sides.size() == 2
                && tokens.get(sides.getFirst().size()).isSymbol("=");
        if (!kept && isName(sides.getFirst())) {
            return read(sides.getLast(), depth + 1);
        }
        Answer right = read(sides.getLast(), depth + 1);
        if (sides.size() > 2) {
            return right;
        }
        Answer left = read(sides.getFirst(), depth + 1);
        // What has no letter is no equation but a computation.
        return isNumber(left) && isNumber(right) ? right : new Answer.Equation(left, right);
    }

    private static boolean isNumber(Answer answer) {
        return answer instanceof Answer.Scalar scalar && scalar.term().value().isRational();
    }

    /** Whether nothing in it is computed: x, x_1, f(2), (p, q), V_1 : V_2, |AB|. */
    private static boolean isName(List<Token> tokens) {
        if (tokens.isEmpty() || tokens.size() > NAME_TOKENS_MAX) {
            return false;
        }
        Token first = tokens.getFirst();
        if (first.kind() == Kind.LETTERS
                && (tokens.size() == 1
                        || tokens.get(1).isSymbol("_")
                        || tokens.get(1).isSymbol("("))) {
            return true;
        }
        boolean letters = false;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            boolean subscript = (i > 0 && tokens.get(i - 1).isSymbol("_"))
                    || (i > 1
                            && tokens.get(i - 1).isSymbol("{")
                            && tokens.get(i - 2).isSymbol("_"));
            boolean ofName = switch (token.kind()) {
                case LETTERS, TEXT -> true;
                case NUMBER -> subscript;
                case SYMBOL -> NAME_SYMBOLS.contains(token.text());
                case COMMAND ->
                    tokens.size() == 1
                            || token.isCommand("frac")
                            || token.isCommand("angle")
                            || token.isCommand("triangle")
                            || token.isCommand("overline");
            };
            if (!ofName) {
                return false;
            }
            letters |= token.kind() == Kind.LETTERS || token.kind() == Kind.TEXT || tokens.size() == 1;
        }
        return letters;
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
        boolean percent = Units.strip(bare);
        try {
            return new Answer.Scalar(ScalarParser.parse(bare, work), percent, bare);
        } catch (NotComparable e) {
            if (e.reason() == NotComparable.Reason.LIMIT) {
                throw e;
            }
            return new Answer.Unread(bare);
        }
    }

    private static List<Token> replaced(List<Token> tokens, int index, String symbol) {
        List<Token> copy = new ArrayList<>(tokens);
        copy.set(index, new Token(Kind.SYMBOL, symbol, false));
        return copy;
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
