package io.millrace.common.lifecycle;

import io.millrace.common.config.SettingException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A small process for {@link ProcessRunnerTest}: says "started" on standard output, then does what it was told. */
final class TestingProcess {
    private TestingProcess() {}

    /** How it behaves; given by name as the only argument. */
    enum Way {
        STOPS_CLEANLY,
        STAGE_FAILS,
        STAGE_HANGS,
        START_WAITS,
        ENDS_BY_ITSELF,
        LOOP_FAILS,
        THREAD_DIES,
        START_FAILS,
        START_ERROR,
        SETTING_IMPOSSIBLE
    }

    public static void main(String[] args) throws Exception {
        Way way = Way.valueOf(args[0]);
        int exitCode;
        try {
            exitCode =
                    ProcessRunner.run("testing", Duration.ofSeconds(1), (runner, stops) -> start(way, runner, stops));
        } catch (SettingException e) {
            System.err.println(e.getMessage());
            exitCode = 2;
        }
        System.exit(exitCode);
    }

    private static void start(Way way, ProcessRunner runner, StopSequence stops) throws InterruptedException {
        stops.push("first", limit -> System.out.println("stopped first"));
        switch (way) {
            case STOPS_CLEANLY -> {}
            case STAGE_FAILS ->
                stops.push("second", limit -> {
                    throw new IllegalStateException("will not stop");
                });
            case STAGE_HANGS -> stops.push("second", limit -> new CountDownLatch(1).await());
            case START_WAITS -> {
                System.out.println("started");
                new CountDownLatch(1).await();
            }
            case ENDS_BY_ITSELF -> runner.requestStop();
            case LOOP_FAILS -> runner.report("loop", new IllegalStateException("a bug"));
            case THREAD_DIES ->
                Thread.ofVirtual().name("lonely").start(() -> {
                    throw new IllegalStateException("a bug");
                });
            case START_FAILS -> throw new IllegalStateException("cannot start");
            case START_ERROR -> throw new NoClassDefFoundError("a jar is missing");
            case SETTING_IMPOSSIBLE -> throw new SettingException("--door: is locked");
        }
        System.out.println("started");
    }
}
