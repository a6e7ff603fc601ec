package io.millrace.common.chat.syntax;

import io.millrace.common.chat.syntax.Token.Kind;
import java.util.List;

/** Goes through tokens. One owner. */
final class TokenReader {
    private final List<Token> tokens;
    private int at;

    TokenReader(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token next() {
        Token token = tokens.get(at);
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    boolean sees(Kind kind) {
        return current().kind() == kind;
    }

    boolean sees(String operator) {
        return current().is(Kind.OPERATOR, operator);
    }

    boolean seesName(String name) {
        return current().is(Kind.NAME, name);
    }

    /** Whether the token behind the current one is that name. */
    boolean thenName(String name) {
        return tokens.get(Math.min(at + 1, tokens.size() - 1)).is(Kind.NAME, name);
    }

    /** Passes the operator over if it is there. */
    boolean took(String operator) {
        boolean there = sees(operator);
        if (there) {
            at++;
        }
        return there;
    }

    boolean tookName(String name) {
        boolean there = seesName(name);
        if (there) {
            at++;
        }
        return there;
    }

    Token expect(Kind kind, String what) {
        if (!sees(kind)) {
            throw error("expected " + what + ", found " + current());
        }
        return next();
    }

    void expect(String operator) {
        if (!took(operator)) {
            throw error("expected '" + operator + "', found " + current());
        }
    }

    String name() {
        return expect(Kind.NAME, "a name").text();
    }

    TemplateException error(String what) {
        return new TemplateException("line " + current().line() + " of the template: " + what);
    }
}
