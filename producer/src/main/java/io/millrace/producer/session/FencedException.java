package io.millrace.producer.session;

/** Another producer has taken over the run: this one must end. */
public final class FencedException extends Exception {
    public FencedException(String newer, String own) {
        super("a newer producer has taken the run: it calls itself " + newer + " on the workers topic, this one is "
                + own + "; this one ends");
    }
}
