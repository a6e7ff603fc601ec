package io.millrace.producer.stream;

import io.millrace.common.record.EvalRecord;
import io.millrace.producer.admission.EvalBook;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which data sets this process has begun to read, so that one that ends producers is not read for ever, and the one read
 * that is under way. Belongs to the process and outlives its sessions: a broker that does not answer makes no evaluation
 * look as if producers had ended over it, and the next session takes over what the last one reads. What a read holds is
 * limited, so there is one at a time: the next begins when the thread of the one before has ended, stopped or not. Not
 * thread-safe.
 */
public final class EvalLoads {
    private static final Logger log = LoggerFactory.getLogger(EvalLoads.class);

    /**
     * How long a read that was stopped may go on before it counts as hanging. Between two rows it looks whether it was
     * stopped, so one that has not ended by then waits for its file system.
     */
    static final long HANGING_MS = 30_000;

    /** What is to be done before the data sets of an evaluation are read. */
    public enum Next {
        /** This process has begun before, in an earlier session; it is on record. */
        BEGUN,
        /** To be put on record, after {@link #noting}. */
        FIRST,
        /** {@value EvalBook#LOADS_MAX} producers began and ended over it: the evaluation has failed. */
        TOO_MANY
    }

    /** What this process put on record, or may have: which number each of its reads has. */
    private final Map<String, Integer> begun = new HashMap<>();

    private @Nullable EvalRead current;
    private @Nullable EvalRead stopped;
    private long stoppedMs;

    /**
     * Forgets, too, those that wait no more, so that an id that is used again counts anew.
     *
     * @param book what is on record
     */
    public Next next(EvalBook book, String evalId) {
        begun.keySet().removeIf(each -> !book.isWaiting(each));
        Integer own = begun.get(evalId);
        if (own != null && own <= book.loads(evalId)) {
            return Next.BEGUN;
        }
        return book.loads(evalId) >= EvalBook.LOADS_MAX ? Next.TOO_MANY : Next.FIRST;
    }

    /**
     * That this process begins is about to be put on record. Called before, since what becomes of that may stay unknown: the
     * next session finds it there, or puts it there under the same number.
     *
     * @param load as the record says
     */
    public void noting(String evalId, int load) {
        begun.put(evalId, load);
    }

    /** Whether a read may begin: none is under way, nor one that was stopped and has not ended. */
    public boolean isIdle() {
        if (stopped != null && stopped.isOver()) {
            stopped = null;
        }
        return current == null && stopped == null;
    }

    /** The read that somebody waits for; empty when there is none. */
    public Optional<EvalRead> current() {
        return Optional.ofNullable(current);
    }

    /**
     * One has begun.
     *
     * @throws IllegalStateException when this was not {@link #isIdle}
     */
    public void begun(EvalRead read) {
        if (!isIdle()) {
            throw new IllegalStateException("a data set is read already");
        }
        current = read;
    }

    /**
     * What keeps the next from being read, when it has for longer than it should.
     *
     * @param nowMs of a monotonic clock, milliseconds
     * @return what hangs, for people; the same text while it does
     */
    public Optional<String> hanging(long nowMs) {
        if (isIdle() || stopped == null || nowMs - stoppedMs < HANGING_MS) {
            return Optional.empty();
        }
        EvalRecord.Request request = stopped.request();
        return Optional.of("the reading of "
                + request.dataSets().stream().map(EvalRecord.EvalDataSet::path).collect(Collectors.joining(", "))
                + " for evaluation " + request.evalId() + " hangs: it was stopped and has not ended within "
                + HANGING_MS / 1000 + " s; no other data set is read before it does");
    }

    /**
     * Nobody waits for the read any more, because it was taken, or its evaluation is over.
     *
     * @param nowMs of a monotonic clock, milliseconds
     */
    public void end(long nowMs) {
        EvalRead ended = current;
        if (ended == null) {
            return;
        }
        ended.stop();
        current = null;
        stopped = ended;
        stoppedMs = nowMs;
        if (!isIdle()) {
            log.info(
                    "nobody waits for the data sets of evaluation {}; the next are read when that has stopped",
                    ended.request().evalId());
        }
    }
}
