package io.millrace.sandbox.growth.fleet;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Consumer;

/** Virtual time: what happens next, by a seed. One thread. */
final class Timeline {
    private record Event(long atMicros, long number, Runnable what) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMicros).thenComparingLong(Event::number));
    final Random random;
    private long nowMicros;
    private long scheduled;
    private long happened;

    Timeline(long seed) {
        random = new Random(seed);
    }

    void after(long micros, Runnable what) {
        events.add(new Event(nowMicros + micros, scheduled++, what));
    }

    /** The next event; false when there is none. */
    boolean next() {
        Event event = events.poll();
        if (event == null) {
            return false;
        }
        nowMicros = event.atMicros();
        happened++;
        event.what().run();
        return true;
    }

    long micros() {
        return nowMicros;
    }

    long millis() {
        return nowMicros / 1_000;
    }

    long happened() {
        return happened;
    }

    boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    /**
     * A topic as one process reads it: in order, a few milliseconds late, what has come meanwhile at once.
     *
     * @param <R> record
     */
    final class Feed<R> {
        private final Deque<R> unread = new ArrayDeque<>();
        private final Consumer<R> each;
        private final Runnable read;
        private final int lateMicrosMax;
        private boolean polls;

        /** @param read is called when all that has come was handed on */
        Feed(int lateMillisMax, Consumer<R> each, Runnable read) {
            this.lateMicrosMax = lateMillisMax * 1_000;
            this.each = each;
            this.read = read;
        }

        void append(R record) {
            unread.add(record);
            if (!polls) {
                polls = true;
                after(1_000 + random.nextInt(lateMicrosMax), this::poll);
            }
        }

        private void poll() {
            polls = false;
            while (!unread.isEmpty()) {
                each.accept(unread.remove());
            }
            read.run();
        }
    }
}
