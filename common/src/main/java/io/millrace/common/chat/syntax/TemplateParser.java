package io.millrace.common.chat.syntax;

import io.millrace.common.chat.syntax.Statement.If.Branch;
import io.millrace.common.chat.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The part of Jinja that chat templates use. What is outside it is an error here, at the start, and not something else
 * when a row needs it.
 */
public final class TemplateParser {
    private static final int DEPTH_MAX = 100;

    private final TokenReader in;
    private final ExpressionParser expressions;
    private int depth;
    private int loops;

    private TemplateParser(String template, ExpressionParser.Names names) {
        this.in = new TokenReader(Lexer.tokens(template));
        this.expressions = new ExpressionParser(in, names);
    }

    /**
     * @param isFilter whether a filter of that name can be applied
     * @param isTest likewise a test
     * @throws TemplateException when it is no template, or one that uses what is not known here; with its line
     */
    public static List<Statement> parse(String template, Predicate<String> isFilter, Predicate<String> isTest) {
        return new TemplateParser(template, new ExpressionParser.Names() {
                    @Override
                    public boolean isFilter(String name) {
                        return isFilter.test(name);
                    }

                    @Override
                    public boolean isTest(String name) {
                        return isTest.test(name);
                    }
                })
                .body(Set.of());
    }

    /** Statements up to one of these words, which is passed over, or to the end of the template where there are none. */
    private List<Statement> body(Set<String> ends) {
        if (++depth > DEPTH_MAX) {
            throw in.error("statements nested deeper than " + DEPTH_MAX);
        }
        List<Statement> body = new ArrayList<>();
        while (true) {
            switch (in.current().kind()) {
                case DATA -> body.add(new Statement.Data(in.next().text()));
                case VARIABLE_BEGIN -> {
                    in.next();
                    Expression value = expressions.expression();
                    in.expect(Kind.VARIABLE_END, "}}");
                    body.add(new Statement.Output(value));
                }
                case BLOCK_BEGIN -> {
                    in.next();
                    if (in.sees(Kind.NAME) && ends.contains(in.current().text())) {
                        depth--;
                        return body;
                    }
                    body.add(statement());
                }
                default -> {
                    if (!ends.isEmpty() || !in.sees(Kind.END)) {
                        throw in.error("expected one of " + ends + ", found " + in.current());
                    }
                    return body;
                }
            }
        }
    }

    private Statement statement() {
        String word = in.name();
        return switch (word) {
            case "if" -> conditional();
            case "for" -> loop();
            case "set" -> set();
            case "macro" -> macro();
            case "generation" -> {
                end();
                List<Statement> body = body(Set.of("endgeneration"));
                endWord();
                yield new Statement.Generation(body);
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw in.error(word + " outside a loop");
                }
                end();
                yield word.equals("break") ? new Statement.Break() : new Statement.Continue();
            }
            default -> throw in.error("'" + word + "' blocks are not rendered here");
        };
    }

    private void end() {
        in.expect(Kind.BLOCK_END, "%}");
    }

    private String endWord() {
        String word = in.name();
        end();
        return word;
    }

    private Statement conditional() {
        List<Branch> branches = new ArrayList<>();
        while (true) {
            Expression condition = expressions.expression();
            end();
            branches.add(new Branch(condition, body(Set.of("elif", "else", "endif"))));
            String word = in.name();
            if (word.equals("elif")) {
                continue;
            }
            end();
            List<Statement> otherwise = List.of();
            if (word.equals("else")) {
                otherwise = body(Set.of("endif"));
                endWord();
            }
            return new Statement.If(branches, otherwise);
        }
    }

    private List<String> targets() {
        boolean bracket = in.took("(");
        List<String> targets = new ArrayList<>(List.of(in.name()));
        while (in.took(",")) {
            targets.add(in.name());
        }
        if (bracket) {
            in.expect(")");
        }
        return targets;
    }

    private Statement loop() {
        List<String> targets = targets();
        if (!in.tookName("in")) {
            throw in.error("expected 'in', found " + in.current());
        }
        Expression over = expressions.or();
        if (in.sees(",")) {
            throw in.error("loops over a tuple without brackets are not rendered here");
        }
        Expression condition = in.tookName("if") ? expressions.expression() : null;
        if (in.seesName("recursive")) {
            throw in.error("recursive loops are not rendered here");
        }
        end();
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        if (endWord().equals("else")) {
            otherwise = body(Set.of("endfor"));
            endWord();
        }
        return new Statement.For(targets, over, condition, body, otherwise);
    }

    private Statement set() {
        List<String> targets = targets();
        if (targets.size() == 1 && in.took(".")) {
            String field = in.name();
            in.expect("=");
            Expression value = expressions.expression();
            end();
            return new Statement.SetField(targets.getFirst(), field, value);
        }
        if (in.took("=")) {
            Expression value = expressions.expression();
            if (in.sees(",")) {
                List<Expression> items = new ArrayList<>(List.of(value));
                while (in.took(",")) {
                    items.add(expressions.expression());
                }
                value = new Expression.Items(items, true);
            }
            end();
            return new Statement.Set(targets, value);
        }
        if (targets.size() > 1 || in.sees("|")) {
            throw in.error("expected '=', found " + in.current());
        }
        end();
        List<Statement> body = body(Set.of("endset"));
        endWord();
        return new Statement.SetBlock(targets.getFirst(), body);
    }

    private Statement macro() {
        String name = in.name();
        in.expect("(");
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        while (!in.took(")")) {
            parameters.add(in.name());
            if (in.took("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw in.error("a parameter without a default behind one with");
            }
            if (!in.took(",")) {
                in.expect(")");
                break;
            }
        }
        end();
        int outer = loops;
        loops = 0;
        List<Statement> body = body(Set.of("endmacro"));
        loops = outer;
        in.next();
        // Jinja takes the macro's name there.
        if (in.sees(Kind.NAME)) {
            in.next();
        }
        end();
        return new Statement.Macro(name, parameters, defaults, body);
    }
}
