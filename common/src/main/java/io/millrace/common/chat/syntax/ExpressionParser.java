package io.millrace.common.chat.syntax;

import io.millrace.common.chat.syntax.Expression.Arguments;
import io.millrace.common.chat.syntax.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tokens to expressions, in Jinja's order of precedence. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    /** Names of objects that nobody makes here. */
    private static final Set<String> UNKNOWN =
            Set.of("self", "super", "cycler", "joiner", "lipsum", "caller", "varargs", "kwargs");
    /** Each nests some calls; far above any template's. */
    private static final int DEPTH_MAX = 100;

    private final TokenReader in;
    private final Names names;
    private int depth;

    /** What can be used by name. */
    interface Names {
        boolean isFilter(String name);

        boolean isTest(String name);
    }

    ExpressionParser(TokenReader in, Names names) {
        this.in = in;
        this.names = names;
    }

    /** With {@code a if b else c}. */
    Expression expression() {
        deeper();
        Expression then = or();
        while (in.tookName("if")) {
            Expression condition = or();
            Expression otherwise = in.tookName("else") ? expression() : null;
            then = new Expression.Conditional(condition, then, otherwise);
        }
        depth--;
        return then;
    }

    private void deeper() {
        if (++depth > DEPTH_MAX) {
            throw in.error("expressions nested deeper than " + DEPTH_MAX);
        }
    }

    /** Without {@code if}, which belongs to the statement. */
    Expression or() {
        Expression left = and();
        while (in.tookName("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (in.tookName("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        if (in.tookName("not")) {
            deeper();
            Expression of = not();
            depth--;
            return new Expression.Unary("not", of);
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            String operator = comparisonOperator();
            if (operator == null) {
                return operators.isEmpty() ? first : new Expression.Comparison(first, operators, others);
            }
            operators.add(operator);
            others.add(sum());
        }
    }

    private @Nullable String comparisonOperator() {
        if (in.sees(Kind.OPERATOR) && COMPARISONS.contains(in.current().text())) {
            return in.next().text();
        }
        if (in.tookName("in")) {
            return "in";
        }
        if (in.seesName("not") && in.thenName("in")) {
            in.next();
            in.next();
            return "not in";
        }
        return null;
    }

    private Expression sum() {
        Expression left = concatenation();
        while (in.sees("+") || in.sees("-")) {
            left = new Expression.Binary(in.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (in.took("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (in.sees("*") || in.sees("/") || in.sees("//") || in.sees("%")) {
            left = new Expression.Binary(in.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        if (in.sees("**")) {
            throw in.error("powers are not rendered here");
        }
        return left;
    }

    private Expression unary(boolean filters) {
        Expression of;
        if (in.sees("-") || in.sees("+")) {
            deeper();
            of = new Expression.Unary(in.next().text(), unary(false));
            depth--;
        } else {
            of = primary();
        }
        of = postfix(of);
        return filters ? filtered(of) : of;
    }

    private Expression primary() {
        Token token = in.next();
        switch (token.kind()) {
            case NAME -> {
                return named(token);
            }
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (in.sees(Kind.STRING)) {
                    text.append(in.next().text());
                }
                return new Expression.Literal(text.toString());
            }
            case INTEGER -> {
                BigInteger value = new BigInteger(token.text());
                return new Expression.Literal(value.bitLength() < Long.SIZE ? (Object) value.longValue() : value);
            }
            case FLOAT -> {
                return new Expression.Literal(Double.valueOf(token.text()));
            }
            case OPERATOR -> {
                switch (token.text()) {
                    case "(" -> {
                        return parenthesized();
                    }
                    case "[" -> {
                        return new Expression.Items(items("]"), false);
                    }
                    case "{" -> {
                        return dict();
                    }
                    default -> {}
                }
            }
            default -> {}
        }
        throw new TemplateException("line " + token.line() + " of the template: unexpected " + token);
    }

    private Expression named(Token token) {
        return switch (token.text()) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(Marker.NONE);
            default -> {
                if (UNKNOWN.contains(token.text())) {
                    throw new TemplateException(
                            "line " + token.line() + " of the template: '" + token.text() + "' is not rendered here");
                }
                yield new Expression.Name(token.text());
            }
        };
    }

    private Expression parenthesized() {
        if (in.took(")")) {
            return new Expression.Items(List.of(), true);
        }
        Expression first = expression();
        if (in.took(")")) {
            return first;
        }
        in.expect(",");
        List<Expression> items = new ArrayList<>(List.of(first));
        items.addAll(items(")"));
        return new Expression.Items(items, true);
    }

    private List<Expression> items(String end) {
        List<Expression> items = new ArrayList<>();
        while (!in.took(end)) {
            items.add(expression());
            if (!in.took(",")) {
                in.expect(end);
                break;
            }
        }
        return items;
    }

    private Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!in.took("}")) {
            keys.add(expression());
            in.expect(":");
            values.add(expression());
            if (!in.took(",")) {
                in.expect("}");
                break;
            }
        }
        return new Expression.Dict(keys, values);
    }

    private Expression postfix(Expression start) {
        Expression of = start;
        while (true) {
            if (in.took(".")) {
                of = in.sees(Kind.INTEGER)
                        ? new Expression.Subscript(of, primary())
                        : new Expression.Attribute(of, in.name());
            } else if (in.took("[")) {
                of = subscript(of);
            } else if (in.took("(")) {
                of = new Expression.Call(of, arguments());
            } else {
                return of;
            }
        }
    }

    private Expression subscript(Expression of) {
        Expression from = in.sees(":") ? null : expression();
        if (from != null && in.took("]")) {
            return new Expression.Subscript(of, from);
        }
        in.expect(":");
        Expression to = in.sees(":") || in.sees("]") ? null : expression();
        Expression step = null;
        if (in.took(":") && !in.sees("]")) {
            step = expression();
        }
        in.expect("]");
        return new Expression.Slice(of, from, to, step);
    }

    /** Behind the opening bracket, up to and with the closing one. */
    private Arguments arguments() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!in.took(")")) {
            if (in.sees("*") || in.sees("**")) {
                throw in.error("arguments by * are not rendered here");
            }
            Expression argument = expression();
            if (argument instanceof Expression.Name(String name) && in.took("=")) {
                named.put(name, expression());
            } else if (named.isEmpty()) {
                positional.add(argument);
            } else {
                throw in.error("a positional argument behind a named one");
            }
            if (!in.took(",")) {
                in.expect(")");
                break;
            }
        }
        return new Arguments(positional, named);
    }

    private Expression filtered(Expression start) {
        Expression of = start;
        while (true) {
            if (in.took("|")) {
                of = filter(of);
            } else if (in.tookName("is")) {
                of = test(of);
            } else if (in.took("(")) {
                of = new Expression.Call(of, arguments());
            } else {
                return of;
            }
        }
    }

    private Expression filter(Expression of) {
        String name = in.name();
        if (in.sees(".") || !names.isFilter(name)) {
            throw in.error("the filter '" + name + "' is not rendered here");
        }
        return new Expression.Filter(of, name, in.took("(") ? arguments() : Arguments.NONE);
    }

    private Expression test(Expression of) {
        boolean negated = in.tookName("not");
        String name = in.name();
        if (in.sees(".") || !names.isTest(name)) {
            throw in.error("the test '" + name + "' is not rendered here");
        }
        Arguments arguments = Arguments.NONE;
        if (in.took("(")) {
            arguments = arguments();
        } else if (takesArgument()) {
            arguments = new Arguments(List.of(postfix(primary())), Map.of());
        }
        return new Expression.Test(of, name, arguments, negated);
    }

    private boolean takesArgument() {
        return switch (in.current().kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> in.sees("[") || in.sees("{");
            case NAME ->
                !in.seesName("else")
                        && !in.seesName("or")
                        && !in.seesName("and")
                        && !in.seesName("if")
                        && !in.seesName("is")
                        && !in.seesName("not")
                        && !in.seesName("in");
            default -> false;
        };
    }
}
