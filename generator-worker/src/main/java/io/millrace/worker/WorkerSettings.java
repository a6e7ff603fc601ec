package io.millrace.worker;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.topics.TopicSettings;
import io.millrace.worker.agent.AgentSettings;
import io.millrace.worker.engine.EngineLimits;
import io.millrace.worker.engine.EngineSettings;
import io.millrace.worker.generator.GeneratorSettings;
import io.millrace.worker.generator.Generators;
import io.millrace.worker.publish.PublishSettings;
import io.millrace.worker.retry.RetrySettings;
import io.millrace.worker.score.RewardSettings;
import io.millrace.worker.slots.SlotSettings;
import io.millrace.worker.weights.WeightSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Settings of a generator worker, those of each room beside the room. */
public record WorkerSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        OpsSettings ops,
        MetricsSettings metrics,

        @Setting(help = "Name of this worker in status records and receipts; host name and process number when unset")
        @Nullable
        String workerId,

        EngineSettings engines,
        SlotSettings slots,
        RetrySettings retry,
        WeightSettings weights,
        EngineLimits engineLimits,
        GeneratorSettings generation,
        AgentSettings agents,
        RewardSettings reward,
        PublishSettings publish,
        StopSettings stop,

        @Setting(defaultValue = "30s", range = "1s to 10m", help = "How long the broker may take to answer at start")
        Duration brokerTimeout) {
    public WorkerSettings {
        if (generation.generator().equals(Generators.HTTP) && agents.agentUrl() == null) {
            throw SettingException.impossible("--agent-url", "must be set with --generator http");
        }
        if (publish.groupSizeMax().compareTo(topics.recordSizeMax()) < 0) {
            throw SettingException.impossible(
                    "--group-size-max", "must not be below --record-size-max (" + topics.recordSizeMax() + ")");
        }
        if (!engines.engine().tellsTokens() && slots.evaluationSlots() == 0) {
            throw SettingException.impossible(
                    "--eval-share", "must be above 0 with --engine openai-chat, whose samples are of evaluations only");
        }
    }
}
