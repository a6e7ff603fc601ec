package io.millrace.trainer.evaluate;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.wire.PackedGroup;
import io.millrace.trainer.batch.BatchJson;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.evaluate.EvaluationRefusedException.Kind;
import io.millrace.trainer.evaluate.EvaluationWiring.Surroundings;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.results.PartsAgain;
import io.millrace.trainer.results.ResultParser;
import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the samples of an evaluation back from {@code eval-results}, for who asks. Of each group the first valid result
 * counts, as in the report. One reading at a time, of bounded size. Thread-safe.
 */
final class EvaluationSamples implements AutoCloseable {
    private final Surroundings around;
    private final PartitionReader reader;
    private final PartitionReader parts;
    private final ReentrantLock reading = new ReentrantLock();

    /** Both readers are its own from then on. */
    EvaluationSamples(Surroundings around, PartitionReader reader, PartitionReader parts) {
        this.around = around;
        this.reader = reader;
        this.parts = parts;
    }

    /**
     * JSON lines, one for each group that has finished, in no order: {@code {"data_set": ..., "place": ..., "samples":
     * [...]}}, the place that of its prompt in the data set from 0 on, the samples as in {@link BatchJson}.
     *
     * @param dataSet the only one that is wanted; null for all
     * @throws EvaluationRefusedException of kind CONFLICT when that is too much at once, UNAVAILABLE when it cannot be read
     *     now
     */
    byte[] lines(EvaluationStatus status, @Nullable String dataSet) throws InterruptedException {
        EvalRecord.Issued issued = status.issued();
        if (issued == null) {
            return new byte[0];
        }
        if (!reading.tryLock()) {
            throw new EvaluationRefusedException(Kind.UNAVAILABLE, "samples of an evaluation are read already");
        }
        try {
            return read(status.request(), issued, dataSet);
        } catch (EvaluationRefusedException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new EvaluationRefusedException(Kind.UNAVAILABLE, "the samples cannot be read now: " + e, e);
        } finally {
            reading.unlock();
        }
    }

    private byte[] read(EvalRecord.Request request, EvalRecord.Issued issued, @Nullable String dataSet)
            throws Exception {
        String topic = around.topics().results(GroupKind.EVALUATION);
        ResultParser parser = new ResultParser(
                around.topics().run(),
                around.partitions(),
                ResultParser.ANY_SAMPLES,
                around.partBytesMax(),
                PartsAgain.from(parts, topic));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Set<GroupIndex> done = new HashSet<>();
        for (TopicPartition partition : reader.partitions(topic)) {
            reader.read(partition, 0, record -> {
                for (ResultEvent event : parsed(parser, record, done)) {
                    switch (event) {
                        case ResultEvent.Result result -> {
                            GroupIndex index = result.group().groupIndex();
                            if (isOf(issued, index) && done.add(index)) {
                                line(request, issued, index, result.content(), dataSet, out);
                            }
                        }
                        // What ended a group first stands, as in the report.
                        case ResultEvent.Marker marker -> done.add(marker.groupIndex());
                        case ResultEvent.Invalid invalid -> done.add(invalid.groupIndex());
                        case ResultEvent.PartsRepeated _, ResultEvent.PartPassed _, ResultEvent.Unreadable _ -> {}
                    }
                }
            });
        }
        return out.toByteArray();
    }

    private static List<ResultEvent> parsed(
            ResultParser parser, ConsumerRecord<byte[], byte[]> record, Set<GroupIndex> done) {
        try {
            return parser.parse(record, done::contains);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EvaluationRefusedException(Kind.UNAVAILABLE, "the server is stopping", e);
        } catch (Exception e) {
            throw new EvaluationRefusedException(Kind.UNAVAILABLE, "parts cannot be read again now: " + e, e);
        }
    }

    private static boolean isOf(EvalRecord.Issued issued, GroupIndex index) {
        return index.compareTo(issued.first()) >= 0 && index.compareTo(issued.end()) < 0;
    }

    private void line(
            EvalRecord.Request request,
            EvalRecord.Issued issued,
            GroupIndex index,
            PackedGroup group,
            @Nullable String dataSet,
            ByteArrayOutputStream out) {
        int number = 0;
        long place = index.value() - issued.first().value();
        while (place >= issued.groups().get(number)) {
            place -= issued.groups().get(number);
            number++;
        }
        String name = request.dataSets().get(number).name();
        if (dataSet != null && !dataSet.equals(name)) {
            return;
        }
        out.writeBytes(Json.MAPPER.writeValueAsBytes(
                Json.object().put("data_set", name).put("place", place).set("samples", BatchJson.tree(group))));
        out.write('\n');
        if (out.size() > around.partBytesMax()) {
            throw new EvaluationRefusedException(
                    Kind.CONFLICT,
                    "the samples take more than " + around.partBytesMax()
                            + " bytes (--parts-memory-max); ask for one data_set at a time");
        }
    }

    @Override
    public void close() {
        reader.close();
        parts.close();
    }
}
