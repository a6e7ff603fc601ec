package io.millrace.sandbox.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.cli.CommandLines;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.GuardedServer;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.http.lock.TlsSettings;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lag.LagOffsets;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.ops.lag.LagCommand;
import io.millrace.ops.peek.PeekCommand;
import io.millrace.ops.topics.TopicsCommand;
import io.millrace.ops.trace.TraceCommand;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.trainer.observe.RunView;
import io.millrace.trainer.observe.follow.RunFollower;
import io.millrace.trainer.page.PageRoutes;
import io.millrace.trainer.page.PageWiring;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** {@code topics}, {@code lag} and {@code peek} on a real broker with records written by hand. */
class OpsCommandsTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("hand"));
    private static final int PUBLISHED = 10;

    private static EmbeddedBroker broker;
    private static KafkaClients clients;

    @TempDir
    static Path folder;

    /** 10 groups published one transaction each; 4 taken: 2 trained in step 0, 1 finished, 1 held by a worker. */
    @BeforeAll
    static void writeByHand() throws Exception {
        broker = EmbeddedBroker.startThrowaway(folder);
        clients = new KafkaClients(new KafkaSettings(broker.bootstrap(), Map.of()), 16 << 20);
        assertEquals(0, new Run().call("topics", "--run", "hand"));
        try (Producer<byte[], byte[]> producer = clients.transactionalProducer("t", TOPICS.producerTransactionalId())) {
            producer.initTransactions();
            for (int i = 0; i < PUBLISHED; i++) {
                producer.beginTransaction();
                send(producer, record(TOPICS.lane(Lane.TRAINING), "" + i, task(i)));
                producer.commitTransaction();
            }
        }
        take(4);
        try (Producer<byte[], byte[]> producer = clients.producer("t")) {
            ProducerRecord<byte[], byte[]> result = new ProducerRecord<>(
                    TOPICS.results(GroupKind.TRAINING),
                    RunTopics.resultPartition(new GroupIndex(2), 4),
                    KafkaClients.key(new GroupIndex(2)),
                    RolloutGroupCodec.encode(group(2)));
            ResultHeaders.writeType(result.headers(), ResultHeaders.Type.GROUP);
            send(producer, result);
            send(producer, record(TOPICS.receipts(GroupKind.TRAINING), "2", receipt()));
            send(
                    producer,
                    new ProducerRecord<>(
                            TOPICS.receipts(GroupKind.TRAINING),
                            KafkaClients.key("3"),
                            "{\"v\":9}".getBytes(StandardCharsets.UTF_8)));
            WorkersRecord.Status status = new WorkersRecord.Status(
                    new WorkerIncarnation("w1", "a"),
                    1,
                    WorkersRecord.State.RUNNING,
                    0,
                    64,
                    8,
                    List.of(new WorkersRecord.HeldGroup(GroupKind.TRAINING, new GroupIndex(3), new Attempt(1), 0, 0)),
                    List.of(),
                    3,
                    0,
                    24,
                    240);
            send(producer, record(TOPICS.workers(), status.worker().key(), status));
            send(producer, record(TOPICS.steps(), "0", lease()));
            send(
                    producer,
                    record(
                            TOPICS.steps(),
                            "0",
                            new StepRecord.Acknowledgement(
                                    new Lineage(0),
                                    new StepNumber(0),
                                    new LeaseId("00000000000000aa"),
                                    new WeightVersion(1),
                                    1_000,
                                    new StepRecord.Totals(2, 0, 0, 2),
                                    null)));
            send(
                    producer,
                    record(
                            TOPICS.policy(),
                            Policy.KEY,
                            new Policy(new Lineage(0), new WeightVersion(1), 2, Policy.State.READY, 1_000)));
        }
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record)
            throws Exception {
        producer.send(record).get(30, TimeUnit.SECONDS);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, ControlRecord record) {
        return new ProducerRecord<>(topic, KafkaClients.key(key), ControlCodec.encode(record));
    }

    private static TrainingTask task(long index) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(1),
                2,
                new Lineage(0),
                new WeightVersion(0),
                1_000,
                new Prompt.Text("What is 1 + " + index + "?"),
                "" + (index + 1),
                Json.object(),
                SamplingParams.defaults(64),
                new TrainingTask.Source("f", 1, 0, index + 1),
                null,
                null,
                null);
    }

    private static Receipt receipt() {
        return new Receipt(
                new GroupIndex(2),
                new Attempt(1),
                new WorkerIncarnation("w1", "a"),
                2,
                4,
                6,
                1_500,
                new Receipt.Success(2, List.of(0L), new RewardStats(0.5, 0.5)));
    }

    private static StepRecord.Lease lease() {
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(0),
                new LeaseId("00000000000000aa"),
                new WeightVersion(0),
                900,
                List.of(new StepRecord.ManifestEntry(
                        new GroupIndex(0), new Attempt(1), new WeightVersion(0), 0, List.of(0L))));
    }

    private static RolloutGroup group(long index) {
        GroupIndex group = new GroupIndex(index);
        List<SampleHeader> samples = java.util.stream.IntStream.range(0, 2)
                .mapToObj(i -> new SampleHeader(
                        group.sampleIndex(i, 2),
                        2,
                        20,
                        "It is 3.",
                        Reward.of(1 - i),
                        SampleStatus.COMPLETED,
                        "stop",
                        List.of(new VersionSpan(new WeightVersion(0), 0, 20)),
                        SpanProvenance.SINGLE,
                        List.of("0"),
                        "s" + i,
                        "http://engine",
                        0.1,
                        0,
                        0,
                        null))
                .toList();
        GroupHeader header = new GroupHeader(
                new RunId("hand"),
                group,
                new Attempt(1),
                new Lineage(0),
                new WeightVersion(0),
                new WorkerIncarnation("w1", "a"),
                1,
                2,
                3,
                new Prompt.Text("What is 1 + 2?"),
                "3",
                Json.object(),
                new RewardStats(0.5, 0.5),
                samples);
        return new RolloutGroup(header, new int[44], new float[40], new byte[40], Map.of());
    }

    /** Accepts so many tasks, as workers do. */
    private static void take(int count) {
        try (ShareConsumer<byte[], byte[]> consumer = clients.shareConsumer("t", TOPICS.shareGroup(Lane.TRAINING), 1)) {
            consumer.subscribe(List.of(TOPICS.lane(Lane.TRAINING)));
            int taken = 0;
            while (taken < count) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    consumer.acknowledge(record, AcknowledgeType.ACCEPT);
                    taken++;
                }
                consumer.commitSync();
            }
        }
    }

    /** One command on the command line. */
    private static final class Run {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final StringWriter errors = new StringWriter();

        int call(String... args) {
            PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
            CommandLine line = CommandLines.program(
                            "millrace",
                            "",
                            List.of(
                                    new TopicsCommand(out),
                                    new LagCommand(out),
                                    new PeekCommand(out),
                                    new TraceCommand(out)),
                            Map.of("MILLRACE_BOOTSTRAP", broker.bootstrap()))
                    .setErr(new PrintWriter(errors, true));
            line.getSubcommands().values().forEach(command -> command.setErr(new PrintWriter(errors, true)));
            return line.execute(args);
        }

        String out() {
            return bytes.toString(StandardCharsets.UTF_8);
        }

        static String of(String... args) {
            Run run = new Run();
            assertEquals(0, run.call(args), run.errors.toString());
            return run.out();
        }
    }

    @Test
    void topicsAreVerifiedAndCounted() {
        String out = Run.of("topics", "--run", "hand");
        assertTrue(Pattern.compile("hand\\.prompts +verified").matcher(out).find(), out);
        assertEquals(16, out.lines().count(), out);
    }

    @Test
    void aGroupsLifeIsToldFromTheTopics() {
        String trained = Run.of("trace", "--run", "hand", "--group", "0");
        assertTrue(
                trained.startsWith("group 0 of run hand: trained in step 0 of lineage 0, weight version 1\n"), trained);
        assertTrue(trained.contains("admitted at weight version 0, 2 samples"), trained);
        String finished = Run.of("trace", "--run", "hand", "--group", "2");
        assertTrue(finished.startsWith("group 2 of run hand: not settled yet\n"), finished);
        assertTrue(finished.contains("attempt 1 is published: 40 tokens"), finished);
        String held = Run.of("trace", "--run", "hand", "--group", "3");
        assertTrue(held.contains("attempt 1 is in flight as of its newest status"), held);

        Path file = folder.resolve("life.json");
        Run.of("trace", "--run", "hand", "--group", "2", "--format", "perfetto", "--output", file.toString());
        assertTrue(Json.MAPPER.readTree(file).path("traceEvents").size() > 4);

        Run unknown = new Run();
        assertEquals(2, unknown.call("trace", "--run", "hand", "--group", "77"));
        assertTrue(unknown.errors.toString().contains("nothing is known of group 77"), unknown.errors::toString);
    }

    @Test
    void lagSaysWhereEveryGroupIs() {
        JsonNode lag = Json.MAPPER.readTree(Run.of("lag", "--run", "hand", "--json"));
        assertEquals(PUBLISHED, lag.path("published").asLong(), lag.toString());
        assertEquals(6, lag.path("queued").asLong(), lag.toString());
        assertEquals(0, lag.path("queued_urgent").asLong());
        assertEquals(1, lag.path("in_flight").asLong());
        assertEquals(2, lag.path("trained").asLong());
        assertEquals(1, lag.path("results_waiting").asLong());
        assertEquals(1, lag.path("weight_version").asLong());
        assertTrue(lag.path("trainer").stringValue().startsWith("waits for a batch; step 0 acknowledged"));
        String table = Run.of("lag", "--run", "hand");
        assertTrue(table.contains("hand.prompts, not yet taken by a worker"), table);
    }

    /** As kafka-consumer-groups and exporters of lag compute it: a listed group's committed offset against the end. */
    @Test
    void aCommittedLagIsSeenByWhoeverReadsConsumerGroups() throws Exception {
        String group = TOPICS.queueLagGroup();
        TopicPartition prompts = new TopicPartition(TOPICS.lane(Lane.TRAINING), 0);
        TopicPartition urgent = new TopicPartition(TOPICS.lane(Lane.URGENT), 0);
        try (Admin admin = clients.admin("t")) {
            long end = admin.listOffsets(Map.of(prompts, OffsetSpec.latest()))
                    .partitionResult(prompts)
                    .get(30, TimeUnit.SECONDS)
                    .offset();
            LagOffsets.of(admin)
                    .commit(group, Map.of(prompts, end - 6, urgent, 0L))
                    .get(30, TimeUnit.SECONDS);
            assertTrue(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get(30, TimeUnit.SECONDS).stream()
                    .anyMatch(listed -> listed.groupId().equals(group)));
            assertEquals(
                    Map.of(prompts, new OffsetAndMetadata(end - 6), urgent, new OffsetAndMetadata(0)),
                    admin.listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata(group)
                            .get(30, TimeUnit.SECONDS));
        }
    }

    /** The records say when their writers' clocks took them to be written: in January 1970. */
    @Test
    void lagCountsBySinceWhenRecordsStandOnTheTopics() {
        String table = Run.of("lag", "--run", "hand");
        assertTrue(
                Pattern.compile("step 0 acknowledged \\d{1,3}\\.\\d s ago")
                        .matcher(table)
                        .find(),
                table);
        assertTrue(
                Pattern.compile("ready for at least \\d{1,3}\\.\\d s")
                        .matcher(table)
                        .find(),
                table);
    }

    @Test
    void aPromptIsShownByIndexByOffsetAndAsTheLast() {
        String byIndex = Run.of("peek", "--run", "hand", "--topic", "prompts", "--index", "2");
        assertTrue(byIndex.contains("\"text\" : \"What is 1 + 2?\""), byIndex);
        assertTrue(byIndex.startsWith("hand.prompts partition 0 offset 4  key 2"), byIndex);
        assertEquals(byIndex, Run.of("peek", "--run", "hand", "--topic", "prompts", "--offset", "4"));
        // Offset 3 is a transaction marker.
        assertEquals(byIndex, Run.of("peek", "--run", "hand", "--topic", "prompts", "--offset", "3"));
        String last = Run.of("peek", "--run", "hand", "--topic", "prompts", "--last", "2");
        assertTrue(last.contains("What is 1 + 8?") && last.contains("What is 1 + 9?"), last);
    }

    @Test
    void aResultIsDecoded() {
        String out = Run.of("peek", "--run", "hand", "--topic", "results", "--index", "2");
        assertTrue(out.startsWith("hand.results partition 2 offset 0  key 2"), out);
        assertTrue(out.contains("\"response\" : \"It is 3.\""), out);
        assertTrue(out.contains("\"... 22 in all\""), out);
        String full = Run.of("peek", "--run", "hand", "--topic", "results", "--full");
        assertTrue(!full.contains("in all") && full.contains("log_probs"), full);
    }

    @Test
    void aBrokenRecordIsShownAndIsNoFailure() {
        String out = Run.of("peek", "--run", "hand", "--topic", "receipts", "--last", "5");
        assertTrue(out.contains("\"type\" : \"success\""), out);
        assertTrue(out.contains("BROKEN: Receipt has version 9"), out);
    }

    @Test
    void anUnknownRunIsRefusedWithTheRunsThatAreThere() {
        for (String command : List.of("lag", "peek")) {
            Run run = new Run();
            String[] args = command.equals("lag")
                    ? new String[] {"lag", "--run", "other"}
                    : new String[] {"peek", "--run", "other", "--topic", "steps"};
            assertEquals(2, run.call(args));
            assertTrue(run.errors.toString().contains("no run 'other'"), run.errors.toString());
            assertTrue(run.errors.toString().contains("it has hand"), run.errors.toString());
        }
    }

    @Test
    void anIndexOfATopicWithoutGroupsIsRefused() {
        Run run = new Run();
        assertEquals(2, run.call("peek", "--run", "hand", "--topic", "steps", "--index", "1"));
        assertTrue(run.errors.toString().contains("not keyed by group"), run.errors.toString());
        assertThrows(
                SettingException.class,
                () -> new PeekCommand.Settings(
                        new RunId("hand"), null, 1L, 2L, 0, 1, false, new KafkaSettings("x:1", Map.of())));
    }

    /** The page and {@code top} see by another way than {@code lag}; the figures must be the same. */
    @Test
    void whoFollowsTheRunSeesWhereItsGroupsAre() throws Exception {
        try (Admin admin = clients.admin("t-follow")) {
            RunFollower follower = RunFollower.start(
                    TOPICS.run(), clients, "t-follow", admin, Duration.ofSeconds(20), Ticker.system(), Optional::empty);
            try {
                RunView view =
                        follower.after(0, Duration.ofSeconds(20)).orElseThrow().view();
                assertEquals(6, view.groups().queued());
                assertEquals(1, view.groups().inFlight());
                assertEquals(1, view.groups().finished());
                assertEquals(2, view.groups().trained());
                assertEquals(PUBLISHED, view.producer().published());
                assertEquals("w1", view.workers().shown().getFirst().id());
                assertEquals(
                        List.of(0L),
                        follower.members(new Lineage(0), new StepNumber(0)).stream()
                                .map(member -> member.group().value())
                                .toList());
                assertTrue(follower.place(new GroupIndex(2), null).isPresent());
            } finally {
                follower.stop(Duration.ofSeconds(10));
            }
        }
    }

    private static HttpResponse<String> get(HttpClient http, int port, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** What a browser makes of it is looked at by scripts/test-page. */
    @Test
    void thePageGivesTheRunItsEventsAndAGroupToRead() throws Exception {
        StopSequence stops = new StopSequence(Ticker.system());
        HttpClient http = HttpClient.newHttpClient();
        try (Admin admin = clients.admin("t-page")) {
            PageRoutes page = PageWiring.start(
                    TOPICS, clients, "t-page", admin, Duration.ofSeconds(20), 1, Optional::empty, stops);
            GuardedServer server = GuardedServer.start(
                    new GuardedServer.Place(
                            "127.0.0.1", 0, "port", List.of(), Locks.OPEN, TlsSettings.NONE, 8, Duration.ofSeconds(60)),
                    "the page",
                    page::addTo);
            stops.pushCloseable("server", server);
            stops.pushCloseable("page", page);
            int port = server.port();
            HttpResponse<InputStream> events = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/page/events"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            BufferedReader lines = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8));
            String line = lines.readLine();
            while (!line.startsWith("data: ")) {
                line = lines.readLine();
            }
            JsonNode view = Json.MAPPER.readTree(line.substring(6)).path("view");
            assertEquals(6, view.at("/groups/queued").asInt());
            assertEquals(503, get(http, port, "/page/events").statusCode(), "one reader is the limit here");
            assertEquals(200, get(http, port, "/page/state").statusCode());

            HttpResponse<String> group = get(http, port, "/page/group?index=2");
            assertEquals(
                    "What is 1 + 2?",
                    Json.MAPPER.readTree(group.body()).at("/prompt/0/text").stringValue());
            assertEquals("no-store", group.headers().firstValue("Cache-Control").orElseThrow());
            JsonNode sample = Json.MAPPER.readTree(
                    get(http, port, "/page/sample?index=2&position=1&token=15").body());
            assertEquals(5, sample.path("ids").size());
            assertEquals(404, get(http, port, "/page/group?index=9").statusCode());
            for (String bad : List.of(
                    "/page/group",
                    "/page/group?index=-1",
                    "/page/group?index=1e9",
                    "/page/sample?index=2&position=2",
                    "/page/series?tier=3",
                    "/page/step?lineage=0&step=x")) {
                assertEquals(400, get(http, port, bad).statusCode(), bad);
            }
            HttpResponse<String> file = get(http, port, "/");
            assertTrue(file.body().contains("<!doctype html>"));
            for (HttpResponse<String> one : List.of(group, file)) {
                assertTrue(one.headers()
                        .firstValue("Content-Security-Policy")
                        .orElseThrow()
                        .startsWith("default-src 'none'"));
                assertEquals(
                        "nosniff",
                        one.headers().firstValue("X-Content-Type-Options").orElseThrow());
            }
            for (String trick : List.of(
                    "/page/files/../page.html",
                    "/page/files/%2e%2e/page.css",
                    "/page/files/PageFiles.class",
                    "/page/files/")) {
                assertEquals(404, get(http, port, trick).statusCode(), trick);
            }
            // Its close waits for whoever still reads.
            http.shutdownNow();
        } finally {
            stops.stop(Duration.ofSeconds(10));
        }
    }
}
