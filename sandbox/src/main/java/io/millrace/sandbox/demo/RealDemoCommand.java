package io.millrace.sandbox.demo;

import io.millrace.common.cli.Command;
import io.millrace.sandbox.cluster.DataFolder;

/** {@code millrace demo-real}, which {@code scripts/demo --real} runs: a real vLLM, a real trainer. */
public final class RealDemoCommand extends Command<RealDemoSettings> {
    public RealDemoCommand() {
        super(
                "demo-real",
                "Runs the whole cluster with a real vLLM and a PyTorch trainer that learns, on this machine's CPU.",
                RealDemoSettings.class);
    }

    @Override
    public int run(RealDemoSettings settings) throws Exception {
        settings.requireUsable();
        DataFolder folder = DemoCommand.folder(settings.demo());
        return DemoCommand.run(
                settings.demo(), (output, onFinished) -> new RealDemoRun(settings, folder, output, onFinished));
    }
}
