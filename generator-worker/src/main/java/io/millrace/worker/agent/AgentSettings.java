package io.millrace.worker.agent;

import io.millrace.common.config.HttpAddress;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.units.ByteSize;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Agents outside the worker, for {@code --generator http}. */
public record AgentSettings(
        @Setting(help = "URL of the agent server, which gets a task by POST") @Nullable
        String agentUrl,

        @Setting(defaultValue = "127.0.0.1", help = "Address that completions are served to agents on")
        String agentHost,

        @Setting(
                defaultValue = "0",
                range = "0 to 65535",
                help = "Port that completions are served to agents on; 0 takes a free one and logs it")
        int agentPort,

        @Setting(
                help = "Base URL that agents are told, ending in /v1; by default that of --agent-host and --agent-port,"
                        + " which must be set where agents reach this worker by another name, as where it listens on"
                        + " 0.0.0.0")
        @Nullable
        String agentBaseUrl,

        @Setting(defaultValue = "millrace", help = "Name of the model that agents are told")
        String agentModel,

        @Setting(
                defaultValue = "30m",
                range = "1s to 24h",
                help = "Limit of one execution by an agent, waiting for an agent server that is away included")
        Duration agentTimeout,

        @Setting(
                defaultValue = "3",
                range = "1 to 100 tasks",
                help = "How often an execution is begun that the agent server breaks off, before its attempt fails")
        int agentAttempts,

        @Setting(
                defaultValue = "64",
                range = "1 to 10000 completions",
                help = "Completions that an agent may ask for in one execution")
        int agentTurnsMax,

        @Setting(
                defaultValue = "16MiB",
                range = "1KiB to 1GiB",
                help = "Largest body that is read of an agent's request or of its answer to a task")
        ByteSize agentBodyMax,

        @Setting(
                defaultValue = "task",
                help = "Whose temperature and top_p completions are drawn with: the task's whatever the agent asks for,"
                        + " or the agent's")
        AgentSampling agentSampling) {
    private static final List<String> EVERYWHERE = List.of("0.0.0.0", "::", "[::]");

    public AgentSettings {
        HttpAddress.require("--agent-url", agentUrl);
        HttpAddress.require("--agent-base-url", agentBaseUrl);
        if (agentUrl != null && agentBaseUrl == null && EVERYWHERE.contains(agentHost)) {
            throw SettingException.impossible(
                    "--agent-base-url", "must say how agents reach this worker, which listens on " + agentHost);
        }
    }
}
