package io.millrace.ops.cluster;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The newest status of every worker incarnation, folded from the compacted {@code workers} topic. For display: who works
 * is judged by the broker's time stamps alone, the newest of the topic being the present, so neither the workers' clocks
 * nor this machine's count. The ledger's heartbeats move that present on while the workers are silent; where nobody
 * writes at all, it stands still. One owner.
 */
public final class WorkerStatuses {
    /** A worker whose last status is so much older than the newest record is shown as gone; status comes every 2 s. */
    public static final Duration LIVE_WITHIN = Duration.ofSeconds(10);

    /** @param timestampMs of the Kafka record */
    public record Seen(WorkersRecord.Status status, long timestampMs) {
        /** Whether it still works, as far as a reader of the topic can tell. */
        public boolean live(long nowMs) {
            return status.state() != WorkersRecord.State.STOPPED && nowMs - timestampMs <= LIVE_WITHIN.toMillis();
        }
    }

    private final Map<String, Seen> byKey = new TreeMap<>();
    private long newestMs = Long.MIN_VALUE;
    private WorkersRecord.@Nullable Wanted workersWanted;

    /** Takes the next record of the topic; a broken one tells the time alone. */
    public void accept(ConsumerRecord<byte[], byte[]> record) {
        newestMs = Math.max(newestMs, record.timestamp());
        if (record.key() == null) {
            return;
        }
        String name = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            byKey.remove(name);
            return;
        }
        switch (ControlCodec.ifOurs(record.value(), WorkersRecord.class).orElse(null)) {
            case WorkersRecord.Status status -> byKey.put(name, new Seen(status, record.timestamp()));
            case WorkersRecord.LedgerHeartbeat beat -> workersWanted = beat.workersWanted();
            case null -> {}
        }
    }

    /** Every incarnation known, in order of worker id and incarnation. */
    public List<Seen> all() {
        return List.copyOf(byKey.values());
    }

    /** The broker's time of the newest record, of a worker or of the ledger; empty where there is none. */
    public OptionalLong newestMs() {
        return newestMs == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(newestMs);
    }

    /** How many workers the run could use, by the newest word of a producer. */
    public Optional<WorkersRecord.Wanted> workersWanted() {
        return Optional.ofNullable(workersWanted);
    }

    /** Those that worked when the newest record came. */
    public List<Seen> live() {
        return byKey.values().stream().filter(seen -> seen.live(newestMs)).toList();
    }

    /** The training groups that live workers hold, each once. */
    public Set<GroupIndex> held() {
        Set<GroupIndex> held = new TreeSet<>();
        for (Seen seen : live()) {
            seen.status().held(GroupKind.TRAINING).forEach(group -> held.add(group.groupIndex()));
        }
        return held;
    }
}
