package io.millrace.trainer.results;

import io.millrace.common.record.StepRecord.Missing;
import io.millrace.common.time.Ticker;
import io.millrace.trainer.collect.Claims;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicPartition;

/** Which of the results that receipts name are not there, by how far their partitions are read and where they end. One owner. */
public final class MissingResults {
    private final Claims claims;
    private final ResultEnds ends;
    private final Ticker ticker;

    /** @param claims gets its receipts and results from the owner */
    public MissingResults(Claims claims, ResultEnds ends, Ticker ticker) {
        this.claims = claims;
        this.ends = ends;
        this.ticker = ticker;
    }

    /**
     * Those that are found missing now, each once. Call it when all that was read is handed to the claims.
     *
     * @param partitions of the results
     * @param position where each is read next
     */
    public List<Missing> turn(List<TopicPartition> partitions, ToLongFunction<TopicPartition> position)
            throws InterruptedException {
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
}
