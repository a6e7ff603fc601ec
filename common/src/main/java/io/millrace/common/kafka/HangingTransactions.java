package io.millrace.common.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A transaction whose records stand and whose end was lost with the log's tail stays open in its partition for ever: the
 * coordinator holds it for done and writes no end again. Readers of committed records stop before it, and the next
 * transaction of the same writer would end it too, so that records which nobody has read come to count after the reader
 * has gone on without them. Therefore it is aborted before anything is read.
 */

/** Ends transactions that no writer will end. Stateless. */
public final class HangingTransactions {
    private static final Logger log = LoggerFactory.getLogger(HangingTransactions.class);

    /** The coordinator will end these, or who began them will. */
    private static final Set<TransactionState> LIVE =
            Set.of(TransactionState.ONGOING, TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT);

    private HangingTransactions() {}

    /**
     * Aborts what is open in these partitions. To be called by their one transactional writer right after
     * {@code initTransactions}, which has ended all that the coordinator knew to be open. What the coordinator knows of
     * now is a successor's: this writer was fenced meanwhile, and must not end it.
     *
     * @param transactionalId of the writer
     * @param limit for each answer of the broker
     * @return how many there were
     * @throws KafkaException when the broker refuses, or does not answer in time, or a successor is at work; nothing of
     *     a successor's is aborted
     */
    public static int abort(Admin admin, String transactionalId, Collection<TopicPartition> partitions, Duration limit)
            throws InterruptedException {
        int aborted = 0;
        for (Map.Entry<TopicPartition, PartitionProducerState> of :
                get(admin.describeProducers(partitions).all(), limit).entrySet()) {
            for (ProducerState writer : of.getValue().activeProducers()) {
                OptionalLong open = writer.currentTransactionStartOffset();
                if (open.isPresent()) {
                    // Asked after the partition was: what began since is not what was seen open.
                    checkNobodyIsAtWork(admin, transactionalId, of.getKey(), writer, limit);
                    abort(admin, of.getKey(), writer, limit);
                    log.warn(
                            "{}: the end of the transaction at offset {} is lost; it was aborted, what it wrote counts as"
                                    + " never written",
                            of.getKey(),
                            open.getAsLong());
                    aborted++;
                }
            }
        }
        return aborted;
    }

    private static void checkNobodyIsAtWork(
            Admin admin, String transactionalId, TopicPartition partition, ProducerState writer, Duration limit)
            throws InterruptedException {
        TransactionDescription known =
                get(admin.describeTransactions(List.of(transactionalId)).description(transactionalId), limit);
        if (known.producerId() == writer.producerId() && LIVE.contains(known.state())) {
            throw new KafkaException("another process writes " + partition + " as " + transactionalId
                    + " by now: its transaction is " + known.state() + " and left alone");
        }
    }

    private static void abort(Admin admin, TopicPartition partition, ProducerState writer, Duration limit)
            throws InterruptedException {
        var _ = get(
                admin.abortTransaction(new AbortTransactionSpec(
                                partition,
                                writer.producerId(),
                                (short) writer.producerEpoch(),
                                writer.coordinatorEpoch().orElse(0)))
                        .all(),
                limit);
    }

    private static <T> T get(org.apache.kafka.common.KafkaFuture<T> future, Duration limit)
            throws InterruptedException {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new KafkaException("open transactions cannot be looked for or ended: " + e, e);
        }
    }
}
