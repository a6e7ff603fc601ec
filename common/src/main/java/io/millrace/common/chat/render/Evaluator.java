package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Expression;
import io.millrace.common.chat.syntax.Expression.Arguments;
import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Arithmetic;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Printing;
import io.millrace.common.chat.value.Tuple;
import io.millrace.common.chat.value.Undefined;
import io.millrace.common.chat.value.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What expressions come to. Stateless. */
final class Evaluator {
    private Evaluator() {}

    static Object value(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal(Object value) -> value;
            case Expression.Name(String name) -> {
                Object value = scope.get(name);
                yield value == null ? new Undefined("'" + name + "'") : value;
            }
            case Expression.Items(List<Expression> items, boolean tuple) ->
                tuple ? new Tuple(values(items, scope)) : values(items, scope);
            case Expression.Dict(List<Expression> keys, List<Expression> values) -> {
                Map<Object, Object> dict = new LinkedHashMap<>();
                for (int i = 0; i < keys.size(); i++) {
                    dict.put(value(keys.get(i), scope), value(values.get(i), scope));
                }
                yield dict;
            }
            case Expression.Attribute(Expression of, String name) -> Attributes.dotted(value(of, scope), name);
            case Expression.Subscript(Expression of, Expression key) ->
                Attributes.subscript(value(of, scope), value(key, scope));
            case Expression.Slice slice ->
                Attributes.slice(
                        value(slice.of(), scope),
                        valueOrNone(slice.from(), scope),
                        valueOrNone(slice.to(), scope),
                        valueOrNone(slice.step(), scope));
            case Expression.Call(Expression of, Arguments arguments) -> call(value(of, scope), arguments, scope);
            case Expression.Filter(Expression of, String name, Arguments arguments) ->
                Filters.apply(name, value(of, scope), values(arguments.positional(), scope), named(arguments, scope));
            case Expression.Test test -> {
                if (!test.arguments().named().isEmpty()) {
                    throw new TemplateException("the test '" + test.name() + "' takes no named argument");
                }
                boolean holds = ValueTests.holds(
                        test.name(),
                        value(test.of(), scope),
                        values(test.arguments().positional(), scope));
                yield holds != test.negated();
            }
            case Expression.Unary(String operator, Expression of) -> unary(operator, value(of, scope));
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Comparison comparison -> comparison(comparison, scope);
            case Expression.Conditional conditional -> {
                if (Values.truth(value(conditional.condition(), scope))) {
                    yield value(conditional.then(), scope);
                }
                yield conditional.otherwise() == null
                        ? new Undefined("the inline if without else")
                        : value(conditional.otherwise(), scope);
            }
        };
    }

    static List<Object> values(List<Expression> expressions, Scope scope) {
        List<Object> values = new ArrayList<>();
        expressions.forEach(each -> values.add(value(each, scope)));
        return values;
    }

    private static Object valueOrNone(@Nullable Expression expression, Scope scope) {
        return expression == null ? Marker.NONE : value(expression, scope);
    }

    private static Map<String, Object> named(Arguments arguments, Scope scope) {
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, each) -> named.put(name, value(each, scope)));
        return named;
    }

    private static Object call(Object of, Arguments arguments, Scope scope) {
        return switch (of) {
            case Callable callable -> callable.call(values(arguments.positional(), scope), named(arguments, scope));
            case Undefined undefined -> throw undefined.error();
            default -> throw new TemplateException(Values.type(of) + " cannot be called");
        };
    }

    private static Object unary(String operator, Object value) {
        return switch (operator) {
            case "not" -> !Values.truth(value);
            case "-" -> Arithmetic.negated(value);
            default -> Arithmetic.negated(Arithmetic.negated(value));
        };
    }

    private static Object binary(Expression.Binary binary, Scope scope) {
        Object left = value(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> Values.truth(left) ? value(binary.right(), scope) : left;
            case "or" -> Values.truth(left) ? left : value(binary.right(), scope);
            case "~" -> Printing.text(left) + Printing.text(value(binary.right(), scope));
            default -> Arithmetic.binary(binary.operator(), left, value(binary.right(), scope));
        };
    }

    private static boolean comparison(Expression.Comparison comparison, Scope scope) {
        Object left = value(comparison.first(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = value(comparison.others().get(i), scope);
            if (!holds(comparison.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static boolean holds(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> Values.equal(left, right);
            case "!=" -> !Values.equal(left, right);
            case "<" -> Values.compare(left, right) < 0;
            case "<=" -> Values.compare(left, right) <= 0;
            case ">" -> Values.compare(left, right) > 0;
            case ">=" -> Values.compare(left, right) >= 0;
            case "in" -> Values.contains(right, left);
            default -> !Values.contains(right, left);
        };
    }
}
