package io.millrace.producer.stream;

import io.millrace.common.record.EvalRecord;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Reads the data sets of an evaluation on a thread of its own, while the session goes on. Thread-safe. */
final class EvalRead {
    private static final Executor THREADS =
            task -> Thread.ofVirtual().name("eval-data-set").start(task);

    /** Of all data sets of an evaluation. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** Reads the data sets, in the request's order. */
    @FunctionalInterface
    public interface Loader {
        /**
         * @param stopped asked with every row; true ends the reading
         * @throws DataSetException when it cannot be read, or was stopped
         */
        List<DataSet> load(EvalRecord.Request request, BooleanSupplier stopped) throws DataSetException;
    }

    private final EvalRecord.Request request;
    private final CompletableFuture<List<DataSet>> thread;
    private final CompletableFuture<List<DataSet>> dataSets;
    private volatile boolean stopped;

    /** Begins. */
    EvalRead(EvalRecord.Request request, Loader loader) {
        this.request = request;
        this.thread = CompletableFuture.supplyAsync(() -> load(loader), THREADS);
        this.dataSets = thread.copy().orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private List<DataSet> load(Loader loader) {
        try {
            return loader.load(request, () -> stopped);
        } catch (DataSetException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    EvalRecord.Request request() {
        return request;
    }

    /** Whether all was read. */
    boolean isRead() {
        return dataSets.state() == Future.State.SUCCESS;
    }

    /** The rows, in the request's order; when {@link #isRead}. */
    List<DataSet> dataSets() {
        return dataSets.resultNow();
    }

    /** Why it cannot be read, or was not in time; empty while that is not so. */
    Optional<String> failure() {
        if (!dataSets.isCompletedExceptionally()) {
            return Optional.empty();
        }
        Throwable cause = dataSets.exceptionNow();
        return Optional.of(
                cause instanceof TimeoutException
                        ? "its data sets were not read within " + LIMIT.toMinutes() + " minutes"
                        : String.valueOf(cause.getMessage()));
    }

    /** Nobody waits for the rows any more; what is read is let go at the next row. */
    void stop() {
        stopped = true;
    }

    /** Whether its thread has ended. */
    boolean isOver() {
        return thread.isDone();
    }
}
