package io.millrace.common.chat.syntax;

/**
 * A template that is not rendered: it has an error, it says so itself ({@code raise_exception}), or it uses what is not
 * known here. The message is for people. No stack: a data set may have as many as rows.
 */
public final class TemplateException extends RuntimeException {
    public TemplateException(String message) {
        super(message, null, false, false);
    }
}
