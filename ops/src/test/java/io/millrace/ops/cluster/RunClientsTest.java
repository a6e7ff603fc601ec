package io.millrace.ops.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.RunId;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunClientsTest {
    @Test
    void anUnknownRunIsNamedWithThoseThatAreThere() {
        assertEquals(
                "--run: there is no run 'x' on this cluster (no topic x.prompts); it has demo, prod",
                RunClients.unknown(
                        new RunId("x"), Set.of("demo.prompts", "prod.prompts", "prod.prompts.urgent", "other")));
        assertEquals(
                "--run: there is no run 'x' on this cluster (no topic x.prompts); it has no run at all",
                RunClients.unknown(new RunId("x"), Set.of()));
    }
}
