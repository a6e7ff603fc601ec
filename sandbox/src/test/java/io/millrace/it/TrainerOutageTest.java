package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
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
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.session.RecoverySettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of the test's own goes away and comes back with its data. */
class TrainerOutageTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);

    private TrainerSettings settings(String bootstrap) {
        return new TrainerSettings(
                new TopicSettings(run, 1, 1, new ByteSize(1 << 20)),
                new KafkaSettings(bootstrap, Map.of()),
                new BatchSettings(2, 1, 1, 1),
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
                new ByteSize(8 << 20),
                32,
                Duration.ofSeconds(10),
                Duration.ofSeconds(3),
                Duration.ofMinutes(10),
                HttpDoorSettings.DEFAULTS,
                PageSettings.OFF,
                DownloadSettings.DEFAULTS,
                MetricsSettings.DEFAULTS);
    }

    private void publish(KafkaClients clients) throws Exception {
        try (Producer<byte[], byte[]> producer = clients.producer("test")) {
            for (long index = 0; index < 4; index++) {
                byte[] blob =
                        RolloutGroupCodec.encode(TestingRollouts.group(run, index, 1, 1, Reward.of(0.5), "answer"));
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                        topics.results(GroupKind.TRAINING), 0, KafkaClients.key(new GroupIndex(index)), blob);
                ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
                producer.send(record).get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void anAcknowledgementDuringAnOutageIsAnsweredWithRetryLaterAndStandsOnceAfterIt(@TempDir Path folder)
            throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(
                new BrokerSettings("127.0.0.1", 0, List.of(), 1, List.of(), folder.resolve("data"), true));
        BrokerSettings again =
                new BrokerSettings("127.0.0.1", broker.port(), List.of(), 1, List.of(), folder.resolve("data"), true);
        KafkaClients clients = new KafkaClients(new KafkaSettings(broker.bootstrap(), Map.of()), 1 << 20);
        boolean up = true;
        try (Admin admin = clients.admin("test")) {
            new TopicAdmin(admin, LIMIT).ensure(new TopicSettings(run, 1, 1, new ByteSize(1 << 20)));
        }
        try (TrainerProcess trainer = new TrainerProcess(settings(broker.bootstrap()))) {
            publish(clients);
            assertEquals(200, trainer.lease(0, 20000).status());
            broker.close();
            up = false;

            Answer refused = trainer.acknowledge("{\"weight_version\": 1}");
            assertEquals(503, refused.status());
            assertTrue(refused.json().path("error").stringValue().contains("may be repeated"));
            Await.until(
                    "health says what is waited for",
                    () -> new String(trainer.get("/health/ready").body(), StandardCharsets.UTF_8)
                            .contains("the broker to answer"),
                    LIMIT);
            assertEquals(200, trainer.get("/health/live").status());
            assertEquals(503, trainer.lease(0, 0).status());

            broker = EmbeddedBroker.start(again);
            up = true;
            Await.until(
                    "the acknowledgement is taken",
                    () -> trainer.acknowledge("{\"weight_version\": 1}").status() == 200,
                    LIMIT);
            assertEquals(200, trainer.lease(1, 20000).status());
            assertEquals(2, trainer.get("/v1/status").json().path("trained").longValue());
            assertEquals(1, acknowledgements(clients));
        } finally {
            if (up) {
                broker.close();
            }
        }
    }

    private long acknowledgements(KafkaClients clients) throws Exception {
        List<byte[]> values = new ArrayList<>();
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("look")), LIMIT)) {
            reader.read(new TopicPartition(topics.steps(), 0), 0, record -> values.add(record.value()));
        }
        long count = 0;
        for (byte[] value : values) {
            count += ControlCodec.decode(value, StepRecord.class) instanceof StepRecord.Acknowledgement ? 1 : 0;
        }
        return count;
    }
}
