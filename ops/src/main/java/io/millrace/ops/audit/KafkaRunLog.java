package io.millrace.ops.audit;

import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.topics.Lane;
import io.millrace.ops.cluster.RunClients;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** The topics on the cluster. */
final class KafkaRunLog implements RunLog {
    private final RunClients run;
    private final PartitionReader reader;

    /** @param run not owned */
    KafkaRunLog(RunClients run) {
        this.run = run;
        this.reader = run.reader();
    }

    @Override
    public List<TopicPartition> partitions(String topic) {
        return reader.partitions(topic);
    }

    @Override
    public End end(TopicPartition partition) throws Exception {
        long committed = reader.end(partition);
        long written = RunClients.answer(
                        "list offsets",
                        run.admin()
                                .listOffsets(
                                        Map.of(partition, OffsetSpec.latest()),
                                        new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                                .partitionResult(partition))
                .offset();
        return new End(committed, Math.max(committed, written));
    }

    @Override
    public long begin(TopicPartition partition) {
        return reader.begin(partition);
    }

    @Override
    public void read(TopicPartition partition, long from, long to, Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception {
        reader.read(partition, from, to, handler);
    }

    @Override
    public Optional<Long> queueStart(Lane lane) throws Exception {
        return run.claimed(lane).map(SharePartitionOffsetInfo::startOffset);
    }
}
