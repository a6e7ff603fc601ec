package io.millrace.common.testing;

import io.millrace.common.lifecycle.Fatal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps what was reported instead of ending the process. Thread-safe. */
public final class RecordingFatal implements Fatal {
    /** One report. */
    public record Report(String who, Throwable cause) {}

    private final List<Report> reports = new CopyOnWriteArrayList<>();
    private final CountDownLatch first = new CountDownLatch(1);

    @Override
    public void report(String who, Throwable cause) {
        reports.add(new Report(who, cause));
        first.countDown();
    }

    /** So far, in order. */
    public List<Report> reports() {
        return List.copyOf(reports);
    }

    /**
     * Waits for the first report.
     *
     * @throws AssertionError when there is none within the limit
     */
    public Report first(Duration limit) throws InterruptedException {
        if (!first.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("nothing was reported as fatal within " + limit);
        }
        return reports.getFirst();
    }
}
