package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.it.TrainerProcess.Answer;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.session.RecoverySettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Readers of batches that take a few bytes and no more. The batch is larger than all buffers between. */
@Timeout(120)
class StalledReadersTest {
    private static final int SAMPLES = 2;
    private static final int TEXT_CHARS = 4 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final ByteSize RECORD_MAX = new ByteSize(16 << 20);

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);
    private final TopicSettings topicSettings = new TopicSettings(run, 1, 1, RECORD_MAX);
    private final KafkaSettings kafka = new KafkaSettings(KafkaCluster.bootstrap(), Map.of());

    private void publish() throws Exception {
        KafkaClients clients = new KafkaClients(kafka, RECORD_MAX.intBytes());
        try (Admin admin = clients.admin("test")) {
            new TopicAdmin(admin, LIMIT).ensure(topicSettings);
        }
        try (Producer<byte[], byte[]> producer = clients.producer("test")) {
            for (long index = 0; index < 2; index++) {
                byte[] blob = RolloutGroupCodec.encode(
                        TestingRollouts.group(run, index, 1, SAMPLES, Reward.of(0.5), "x".repeat(TEXT_CHARS)));
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                        topics.results(GroupKind.TRAINING), 0, KafkaClients.key(new GroupIndex(index)), blob);
                ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
                producer.send(record).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private TrainerProcess trainer(DownloadSettings downloads) throws Exception {
        return new TrainerProcess(new TrainerSettings(
                topicSettings,
                kafka,
                new BatchSettings(2, SAMPLES, 1, 1),
                SettingsBinder.of(GateSettings.class, Map.of()),
                FilterSettings.none(),
                SettingsBinder.of(RecoverySettings.class, Map.of()),
                VersionSettings.defaults(),
                SettingsBinder.of(EvaluationSettings.class, Map.of()),
                1,
                "127.0.0.1",
                0,
                Duration.ofSeconds(30),
                new ByteSize(64 << 20),
                new ByteSize(32 << 20),
                32,
                Duration.ofSeconds(10),
                LIMIT,
                Duration.ofMinutes(10),
                HttpDoorSettings.DEFAULTS,
                PageSettings.OFF,
                downloads,
                MetricsSettings.DEFAULTS));
    }

    private static Socket stalled(TrainerProcess trainer, String path) throws Exception {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), trainer.port()), 10_000);
        String request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertEquals("HTTP/1.1 200", new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));
        return socket;
    }

    private static JsonNode downloads(TrainerProcess trainer) throws Exception {
        return trainer.get("/v1/status").json().path("downloads");
    }

    private static void served(TrainerProcess trainer, String path) throws Exception {
        Answer answer = trainer.get(path);
        assertEquals(200, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        assertTrue(answer.body().length > 2 * SAMPLES * TEXT_CHARS);
    }

    @Test
    void stalledReadersDoNotLockTheTrainerOut() throws Exception {
        publish();
        // The stall limit is out of reach, so that only making room is seen.
        DownloadSettings two = new DownloadSettings(2, new ByteSize(512 << 20), Duration.ofMinutes(10));
        try (TrainerProcess trainer = trainer(two)) {
            Answer lease = trainer.leaseNext(20000);
            assertEquals(200, lease.status(), () -> new String(lease.body(), StandardCharsets.UTF_8));
            String batch = lease.json().path("batch").asString();
            String blob = batch + (batch.contains("?") ? "&" : "?") + "format=safetensors";
            try (Socket json = stalled(trainer, batch);
                    Socket safetensors = stalled(trainer, blob)) {
                assertTrue(json.isConnected() && safetensors.isConnected());
                Await.until(
                        "both stand still",
                        () -> downloads(trainer).path("standing_still").asInt() == 2,
                        LIMIT);
                assertEquals(2, downloads(trainer).path("under_way").asInt());
                assertTrue(downloads(trainer).path("oldest_ms").asLong() >= 1000);
                JsonNode health = trainer.get("/health/ready").json().path("parts");
                assertTrue(
                        health.path("downloads").path("detail").asString().contains("take nothing"), health.toString());

                served(trainer, blob);
                served(trainer, batch);
                // One of the two made room, and no more than that.
                assertEquals(1, downloads(trainer).path("under_way").asInt());
            }
        }
    }

    @Test
    void aReaderThatTakesNothingIsSentAwayAtItsLimit() throws Exception {
        publish();
        DownloadSettings impatient = new DownloadSettings(2, new ByteSize(512 << 20), Duration.ofSeconds(2));
        try (TrainerProcess trainer = trainer(impatient)) {
            String batch = trainer.leaseNext(20000).json().path("batch").asString();
            try (Socket reader = stalled(trainer, batch)) {
                Await.until(
                        "it is sent away",
                        () -> downloads(trainer).path("under_way").asInt() == 0,
                        LIMIT);
                long rest = 0;
                try {
                    rest = reader.getInputStream().readAllBytes().length;
                } catch (java.io.IOException e) {
                    assertTrue(String.valueOf(e.getMessage()).contains("reset"), e.toString());
                }
                assertTrue(rest < 2L * SAMPLES * TEXT_CHARS, rest + " bytes came");
            }
            served(trainer, batch);
        }
    }
}
