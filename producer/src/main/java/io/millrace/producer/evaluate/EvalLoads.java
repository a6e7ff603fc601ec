package io.millrace.producer.evaluate;

import java.util.HashSet;
import java.util.Set;

/**
 * Which data sets this process has begun to read, so that one that ends producers is not read for ever. Belongs to the
 * process and outlives its sessions: a broker that does not answer makes no evaluation look as if producers had ended over
 * it. Not thread-safe.
 */
public final class EvalLoads {
    /** What is to be done before the data sets of an evaluation are read. */
    public enum Next {
        /** This process has begun before, in an earlier session; it is on record. */
        BEGUN,
        /** To be put on record, then {@link #noted}. */
        FIRST,
        /** {@value EvalBook#LOADS_MAX} producers began and ended over it: the evaluation has failed. */
        TOO_MANY
    }

    private final Set<String> begun = new HashSet<>();

    /**
     * Forgets, too, those that wait no more, so that an id that is used again counts anew.
     *
     * @param book what is on record
     */
    public Next next(EvalBook book, String evalId) {
        begun.removeIf(each -> !book.isWaiting(each));
        if (begun.contains(evalId)) {
            return Next.BEGUN;
        }
        return book.loads(evalId) >= EvalBook.LOADS_MAX ? Next.TOO_MANY : Next.FIRST;
    }

    /** That this process begins is on record. */
    public void noted(String evalId) {
        begun.add(evalId);
    }
}
