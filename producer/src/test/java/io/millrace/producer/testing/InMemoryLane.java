package io.millrace.producer.testing;

import io.millrace.common.topics.LaneOffsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;

/** Where a lane and its share group are, as the test says. Answers at once, or not before it is told to. */
public final class InMemoryLane implements LaneOffsets {
    private final LongSupplier end;
    private OptionalLong startOffset = OptionalLong.empty();
    private long lag = 1;
    private @Nullable RuntimeException failure;
    private @Nullable KafkaFutureImpl<Long> held;
    private boolean holds;
    private int asked;

    public InMemoryLane(LongSupplier end) {
        this.end = end;
    }

    /** @param lag what the group has not claimed */
    public void claimed(long startOffset, long lag) {
        this.startOffset = OptionalLong.of(startOffset);
        this.lag = lag;
    }

    /** Every question fails with this; null for none. */
    public void fail(@Nullable RuntimeException failure) {
        this.failure = failure;
    }

    /** From now on the question for the end is not answered before {@link #answer}. */
    public void hold() {
        holds = true;
    }

    public void answer(long end) {
        KafkaFutureImpl<Long> waiting = held;
        if (waiting != null) {
            waiting.complete(end);
        }
        holds = false;
    }

    /** How often the end was asked for. */
    public int asked() {
        return asked;
    }

    @Override
    public KafkaFuture<Long> end() {
        asked++;
        if (holds) {
            KafkaFutureImpl<Long> waiting = new KafkaFutureImpl<>();
            held = waiting;
            return waiting;
        }
        return answered(end.getAsLong());
    }

    @Override
    public KafkaFuture<Optional<SharePartitionOffsetInfo>> claimed() {
        return answered(
                startOffset.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new SharePartitionOffsetInfo(
                                startOffset.getAsLong(), Optional.of(0), Optional.of(lag))));
    }

    private <T> KafkaFuture<T> answered(T answer) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        if (failure == null) {
            future.complete(answer);
        } else {
            future.completeExceptionally(failure);
        }
        return future;
    }
}
