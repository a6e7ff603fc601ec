package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Statement;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Namespace;
import io.millrace.common.chat.value.Printing;
import io.millrace.common.chat.value.Undefined;
import io.millrace.common.chat.value.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Carries statements out. One use, one thread. */
final class Renderer {
    /** How a body ended. */
    private enum End {
        THROUGH,
        BREAK,
        CONTINUE
    }

    /** Macros may call themselves. */
    private static final int DEPTH_MAX = 100;

    private final int charsMax;
    /** Steps that may still be taken: a template of a few lines can go on for ever. */
    private int left;

    private int depth;
    private int chars;

    /**
     * @param charsMax of what is put out, in all
     * @param stepsMax statements and items of loops, in all
     */
    Renderer(int charsMax, int stepsMax) {
        this.charsMax = charsMax;
        this.left = stepsMax;
    }

    String text(List<Statement> body, Scope scope) {
        StringBuilder out = new StringBuilder();
        var _ = render(body, scope, out);
        return out.toString();
    }

    private End render(List<Statement> body, Scope scope, StringBuilder out) {
        for (Statement statement : body) {
            charge(1);
            End end = switch (statement) {
                case Statement.Data(String text) -> put(out, text);
                case Statement.Output(var value) -> put(out, Printing.text(Evaluator.value(value, scope)));
                case Statement.If conditional -> render(chosen(conditional, scope), scope, out);
                case Statement.For loop -> loop(loop, scope, out);
                case Statement.Set(List<String> targets, var value) -> {
                    assign(targets, Evaluator.value(value, scope), scope);
                    yield End.THROUGH;
                }
                case Statement.SetField field -> {
                    setField(field, scope);
                    yield End.THROUGH;
                }
                case Statement.SetBlock(String target, List<Statement> content) -> {
                    scope.set(target, text(content, new Scope(scope)));
                    yield End.THROUGH;
                }
                case Statement.Macro macro -> {
                    scope.set(macro.name(), macro(macro, scope));
                    yield End.THROUGH;
                }
                case Statement.Generation(List<Statement> content) -> render(content, new Scope(scope), out);
                case Statement.Break broken -> End.BREAK;
                case Statement.Continue continued -> End.CONTINUE;
            };
            if (end != End.THROUGH) {
                return end;
            }
        }
        return End.THROUGH;
    }

    private void charge(int steps) {
        left -= steps;
        if (left < 0) {
            throw new TemplateException("the template goes on for too long");
        }
    }

    private End put(StringBuilder out, String text) {
        chars += text.length();
        if (chars > charsMax || chars < 0) {
            throw new TemplateException("the template puts out more than " + charsMax + " characters");
        }
        out.append(text);
        return End.THROUGH;
    }

    private static List<Statement> chosen(Statement.If conditional, Scope scope) {
        for (Statement.If.Branch branch : conditional.branches()) {
            if (Values.truth(Evaluator.value(branch.condition(), scope))) {
                return branch.body();
            }
        }
        return conditional.otherwise();
    }

    private End loop(Statement.For loop, Scope scope, StringBuilder out) {
        List<Object> items = chosen(loop, scope);
        charge(items.size());
        Loop state = new Loop(items);
        boolean any = false;
        while (state.next()) {
            any = true;
            Scope inside = new Scope(scope);
            inside.set("loop", state);
            assign(loop.targets(), state.item(), inside);
            if (render(loop.body(), inside, out) == End.BREAK) {
                break;
            }
        }
        return any ? End.THROUGH : render(loop.otherwise(), scope, out);
    }

    private static List<Object> chosen(Statement.For loop, Scope scope) {
        List<Object> all = Values.items(Evaluator.value(loop.over(), scope));
        if (loop.condition() == null) {
            return all;
        }
        List<Object> chosen = new ArrayList<>();
        for (Object each : all) {
            Scope inside = new Scope(scope);
            assign(loop.targets(), each, inside);
            if (Values.truth(Evaluator.value(loop.condition(), inside))) {
                chosen.add(each);
            }
        }
        return chosen;
    }

    private static void assign(List<String> targets, Object value, Scope scope) {
        if (targets.size() == 1) {
            scope.set(targets.getFirst(), value);
            return;
        }
        List<Object> values = Values.items(value);
        if (values.size() != targets.size()) {
            throw new TemplateException(values.size() + " values for " + targets.size() + " names");
        }
        for (int i = 0; i < targets.size(); i++) {
            scope.set(targets.get(i), values.get(i));
        }
    }

    private static void setField(Statement.SetField field, Scope scope) {
        if (!(scope.get(field.namespace()) instanceof Namespace namespace)) {
            throw new TemplateException(
                    "'" + field.namespace() + "' is no namespace, so its '" + field.field() + "' cannot be set");
        }
        namespace.set(field.field(), Evaluator.value(field.value(), scope));
    }

    private Callable macro(Statement.Macro macro, Scope scope) {
        return (arguments, named) -> called(macro, scope, arguments, named);
    }

    private String called(Statement.Macro macro, Scope scope, List<Object> arguments, Map<String, Object> named) {
        if (++depth > DEPTH_MAX) {
            throw new TemplateException("macros call each other deeper than " + DEPTH_MAX);
        }
        List<String> parameters = macro.parameters();
        Given given =
                new Given("the macro '" + macro.name() + "'", arguments, named, parameters.toArray(String[]::new));
        Scope inside = new Scope(scope);
        int withDefault = parameters.size() - macro.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            Object value = given.get(parameters.get(i));
            if (value == null) {
                value = i < withDefault
                        ? new Undefined("parameter '" + parameters.get(i) + "' of " + macro.name())
                        : Evaluator.value(macro.defaults().get(i - withDefault), inside);
            }
            inside.set(parameters.get(i), value);
        }
        String text = text(macro.body(), inside);
        chars -= text.length();
        depth--;
        return text;
    }
}
