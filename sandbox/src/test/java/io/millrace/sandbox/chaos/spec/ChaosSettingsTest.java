package io.millrace.sandbox.chaos.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.testing.SettingsContract;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChaosSettingsTest implements SettingsContract<ChaosSettings> {
    @Override
    public Class<ChaosSettings> settings() {
        return ChaosSettings.class;
    }

    @Override
    public Map<String, String> examples() {
        return Map.of("role", "worker,engine", "kind", "kill,freeze", "brokers", "3", "filler-median", "4000");
    }

    private static String refused(TestChaos chaos) {
        return assertThrows(SettingException.class, chaos::settings).getMessage();
    }

    @Test
    void aScheduleThatCannotBeIsRefusedByName() {
        TestChaos few = new TestChaos();
        few.faults = 17;
        few.faultsPerRoleMin = 3;
        assertEquals("--faults and --faults-per-role-min: 17 faults over 6 roles are 2 each", refused(few));
        TestChaos unknown = new TestChaos();
        unknown.roles = List.of("workers");
        assertTrue(refused(unknown).startsWith("--role must be one of [broker, engine"), refused(unknown));
        TestChaos two = new TestChaos();
        two.brokers = 2;
        assertTrue(refused(two).startsWith("--brokers must be 1 or 3"), refused(two));
        TestChaos links = new TestChaos();
        links.brokers = 3;
        links.kinds = List.of("link-cut");
        links.roles = List.of("engine", "producer");
        assertEquals("--role, --kind and --brokers: no such kind of fault can hit producer", refused(links));
    }

    @Test
    void everyProcessHasPortsOfItsOwn() {
        ChaosPorts ports = new ChaosPorts(1000);
        List<Integer> all = new java.util.ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(ports.broker(i));
            all.add(ports.controller(i));
        }
        all.add(ports.trainer());
        all.add(ports.trainerProxy());
        for (int i = 0; i < 4; i++) {
            all.add(ports.engine(i));
            all.add(ports.engineProxy(i));
        }
        clientPorts(all, ports, Role.PRODUCER, 0);
        clientPorts(all, ports, Role.TRAINER, 0);
        for (int i = 0; i < 8; i++) {
            clientPorts(all, ports, Role.WORKER, i);
        }
        Set<Integer> different = new HashSet<>(all);
        assertEquals(all.size(), different.size());
        assertTrue(different.stream().allMatch(port -> port >= 1000 && port < 1000 + ChaosPorts.COUNT));
    }

    private static void clientPorts(List<Integer> all, ChaosPorts ports, Role role, int instance) {
        all.add(ports.ops(role, instance));
        all.add(ports.brokerListener(role, instance));
        all.add(ports.brokerProxy(role, instance));
    }
}
