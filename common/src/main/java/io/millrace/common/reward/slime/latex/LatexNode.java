package io.millrace.common.reward.slime.latex;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of LaTeX. */
sealed interface LatexNode {
    /** Characters, spaces among them. */
    record Chars(String text) implements LatexNode {}

    /** What stands between braces or brackets. */
    record Group(List<LatexNode> nodes) implements LatexNode {}

    /**
     * A macro.
     *
     * @param arguments null where they could not be read; an optional one that is not there is null
     * @param space that follows its name
     */
    record MacroCall(String name, @Nullable List<@Nullable LatexNode> arguments, String space) implements LatexNode {}

    /** An environment, its arguments left out. */
    record Environment(String name, List<LatexNode> nodes) implements LatexNode {}

    /** Signs that stand for another one. */
    record Special(String signs) implements LatexNode {}

    /** Mathematics between delimiters. */
    record Formula(boolean display, List<LatexNode> nodes) implements LatexNode {}
}
