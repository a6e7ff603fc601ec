package io.millrace.trainer.results;

import io.millrace.common.record.StepRecord.Missing;
import io.millrace.common.time.Ticker;
import io.millrace.trainer.collect.Claims;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which of the results that receipts name are not there, by how far their partitions are read and where they end. One owner. */
public final class MissingResults {
    private static final Logger log = LoggerFactory.getLogger(MissingResults.class);

    private final Claims claims;
    private final ResultEnds ends;
    private final Ticker ticker;
    private final LongConsumer unfollowed;
    private long said;

    /**
     * @param claims gets its receipts and results from the owner
     * @param unfollowed gets how many receipts more are not followed, since too many groups have one
     */
    public MissingResults(Claims claims, ResultEnds ends, Ticker ticker, LongConsumer unfollowed) {
        this.claims = claims;
        this.ends = ends;
        this.ticker = ticker;
        this.unfollowed = unfollowed;
    }

    /**
     * Those that are found missing now, each once. Call it when all that was read is handed to the claims.
     *
     * @param partitions of the results
     * @param position where each is read next
     */
    public List<Missing> turn(List<TopicPartition> partitions, ToLongFunction<TopicPartition> position)
            throws InterruptedException {
        sayUnfollowed();
        List<Missing> missing = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            missing.addAll(claims.readTo(partition.partition(), position.applyAsLong(partition)));
        }
        ends.turn(partitions, claims.isOverdue(ticker.nanos()))
                .ifPresent(answer -> answer.ends()
                        .forEach((partition, end) ->
                                missing.addAll(claims.endsAt(partition, end, answer.askedNanos()))));
        return missing;
    }

    private void sayUnfollowed() {
        long now = claims.passedOver();
        if (now == said) {
            return;
        }
        if (said == 0) {
            log.warn(
                    "more than {} unsettled groups have a receipt: those of others are not followed, so that a result of"
                            + " theirs that the broker has lost is not noticed",
                    Claims.GROUPS_MAX);
        }
        unfollowed.accept(now - said);
        said = now;
    }
}
