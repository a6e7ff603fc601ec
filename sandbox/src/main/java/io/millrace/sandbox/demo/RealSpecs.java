package io.millrace.sandbox.demo;

import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.time.Duration;

/** The same processes around a real vLLM and a PyTorch trainer, which are programs of examples/tiny-grpo. Pure. */
final class RealSpecs extends DemoSpecs {
    /** The longest sum has two digits; a careless model adds some. */
    private static final int TOKENS_MAX = 5;

    private final RealDemoSettings real;

    RealSpecs(RealDemoSettings real, DataFolder folder) {
        super(real.demo(), folder);
        this.real = real;
    }

    /** vLLM takes a minute on two free cores. */
    @Override
    Duration readyLimit() {
        return Duration.ofMinutes(5);
    }

    /** It reads the model that the engine makes. */
    @Override
    boolean trainerWaits() {
        return false;
    }

    @Override
    ChildSpec producer(ChildSpec spec) {
        return spec.with("--reward-type", "f1")
                .with("--max-new-tokens", TOKENS_MAX)
                .with("--skip-special-tokens", true);
    }

    @Override
    ChildSpec engine() {
        return ChildSpec.program("engine", real.engineProgram(), settings.engineUrl() + "/health")
                .with("--port", settings.enginePort())
                .with("--model-dir", folder.model())
                .with("--log", folder.log("vllm"));
    }

    @Override
    ChildSpec worker(int number) {
        return super.worker(number).with("--engine", "vllm");
    }

    @Override
    ChildSpec trainer() {
        return ChildSpec.program(RealDemoSettings.TRAINER, real.trainerProgram(), "")
                .with("--trainer-url", ClusterSpec.url(settings.trainerPort()))
                .with("--engine-url", settings.engineUrl())
                .with("--model-dir", folder.model())
                .with("--steps", settings.steps())
                .with("--report", folder.trainerReport());
    }

    /** Accounts for every group; ends with 0 when all is well. */
    ChildSpec audit() {
        return new ChildSpec("audit", "384m", "")
                .with("--run", settings.run().run().value())
                .with("--bootstrap", settings.bootstrap());
    }
}
