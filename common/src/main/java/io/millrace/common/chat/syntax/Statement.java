package io.millrace.common.chat.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of a template. */
public sealed interface Statement {
    /** Text that is put out as it stands. */
    record Data(String text) implements Statement {}

    record Output(Expression value) implements Statement {}

    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {
        public record Branch(Expression condition, List<Statement> body) {}
    }

    /** @param targets one name, or those that each item is taken apart into */
    record For(
            List<String> targets,
            Expression over,
            @Nullable Expression condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    record Set(List<String> targets, Expression value) implements Statement {}

    /** Sets a field of a namespace. */
    record SetField(String namespace, String field, Expression value) implements Statement {}

    /** Sets a name to what a body puts out. */
    record SetBlock(String target, List<Statement> body) implements Statement {}

    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Statement> body)
            implements Statement {}

    /** The part of a conversation that an assistant says; put out like any other. */
    record Generation(List<Statement> body) implements Statement {}

    record Break() implements Statement {}

    record Continue() implements Statement {}
}
