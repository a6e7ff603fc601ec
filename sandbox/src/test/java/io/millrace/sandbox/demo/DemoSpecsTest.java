package io.millrace.sandbox.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.DataFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the demo's processes are started with. */
class DemoSpecsTest {
    @TempDir
    Path folder;

    @Test
    void settingsThatUseAPortTwiceAreRefused() {
        String message = assertThrows(
                        SettingException.class,
                        () -> SettingsBinder.of(DemoSettings.class, Map.of("trainer-port", "9412")))
                .getMessage();
        assertEquals("--trainer-port and --ops-port + 2: both would take port 9412", message);
    }

    @Test
    void everyProcessHasACommandLineOfItsOwn() {
        DemoSpecs specs = new DemoSpecs(
                TestDemo.settings(folder.resolve("d")), DataFolder.prepare(folder.resolve("d"), "demo", false));
        assertEquals(
                List.of("producer", "worker-w1", "worker-w2", "trainer"),
                specs.middle().stream().map(ChildSpec::name).toList());
        assertEquals("simulated-trainer", specs.trainer().name());
        ChildSpec second = specs.middle().get(2);
        assertEquals("http://127.0.0.1:9412/health/ready", second.readyUrl());
        assertEquals(
                "worker --run demo --bootstrap 127.0.0.1:9092 --engine-url http://127.0.0.1:30000 --slots 64"
                        + " --worker-id w2 --ops-port 9412 --prefetch 2",
                String.join(" ", second.arguments()));
    }

    @Test
    void aRealEngineAndTrainerStandWhereTheStandInsDo() {
        RealDemoSettings real = SettingsBinder.of(
                RealDemoSettings.class,
                Map.of("data-dir", folder.resolve("r").toString(), "engine-program", "/x/engine"));
        RealSpecs specs = new RealSpecs(real, DataFolder.prepare(folder.resolve("r"), "demo", false));
        assertEquals(
                List.of("producer", "worker-w1", "worker-w2", "trainer"),
                specs.middle().stream().map(ChildSpec::name).toList());
        assertEquals("/x/engine", specs.engine().arguments().getFirst());
        assertEquals("", specs.engine().heap());
        assertTrue(specs.worker(1).arguments().containsAll(List.of("--engine", "vllm", "--slots", "32")));
        assertTrue(specs.trainer().arguments().containsAll(List.of("--steps", "60")));
    }
}
