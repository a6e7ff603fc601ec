package io.millrace.worker.publish;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.GroupTooLargeException;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartKey;
import io.millrace.common.wire.PartSplitter;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Turns a group into the records of a results topic, in its partition: one, or parts in order. Immutable. */
public final class ResultRecords {
    private final String topic;
    private final int resultPartitions;
    private final PartSplitter splitter;

    /**
     * @param topic {@code results} or {@code eval-results} of the run
     * @param recordBytesMax the largest record value
     * @param groupBytesMax the largest group, at least that
     */
    public ResultRecords(String topic, int resultPartitions, int recordBytesMax, int groupBytesMax) {
        this.topic = topic;
        this.resultPartitions = resultPartitions;
        this.splitter = new PartSplitter(recordBytesMax, groupBytesMax);
    }

    /** @throws GroupTooLargeException when the group is above its limit */
    List<ProducerRecord<byte[], byte[]>> of(RolloutGroup group) {
        GroupHeader header = group.header();
        PartKey key = new PartKey(header.groupIndex(), header.attempt(), header.worker());
        return switch (splitter.split(key, RolloutGroupCodec.encode(group))) {
            case PartSplitter.Whole whole -> {
                ProducerRecord<byte[], byte[]> record = record(header, whole.blob());
                ResultHeaders.writeGroup(record.headers(), header.attempt());
                yield List.of(record);
            }
            case PartSplitter.Parts parts -> {
                List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
                for (Part part : parts.parts()) {
                    ProducerRecord<byte[], byte[]> record = record(header, part.data());
                    ResultHeaders.writePart(record.headers(), part);
                    records.add(record);
                }
                yield records;
            }
        };
    }

    private ProducerRecord<byte[], byte[]> record(GroupHeader header, byte[] value) {
        return new ProducerRecord<>(
                topic,
                RunTopics.resultPartition(header.groupIndex(), resultPartitions),
                KafkaClients.key(header.groupIndex()),
                value);
    }
}
