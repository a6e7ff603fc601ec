package io.millrace.sandbox.chaos.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static TestChaos chaos(int faults) {
        TestChaos chaos = new TestChaos();
        chaos.faults = faults;
        return chaos;
    }

    @Test
    void theSeedDecidesEverything() {
        TestChaos other = chaos(50);
        other.seed = 2;
        assertEquals(chaos(50).settings().schedule(), chaos(50).settings().schedule());
        assertNotEquals(chaos(50).settings().schedule(), other.settings().schedule());
    }

    @Test
    void everyRoleAndEveryProcessGetsItsShare() {
        List<Fault> faults = chaos(200).settings().schedule();
        assertEquals(200, faults.size());
        Map<Role, Long> byRole = faults.stream().collect(Collectors.groupingBy(Fault::role, Collectors.counting()));
        assertEquals(Role.values().length, byRole.size());
        assertTrue(byRole.values().stream().allMatch(count -> count >= 33), byRole.toString());
        Set<Integer> workers = faults.stream()
                .filter(fault -> fault.role() == Role.WORKER)
                .map(Fault::instance)
                .collect(Collectors.toSet());
        assertEquals(Set.of(0, 1, 2), workers);
        assertEquals(
                EnumSet.allOf(FaultKind.class), faults.stream().map(Fault::kind).collect(Collectors.toSet()));
    }

    @Test
    void everyKindGetsItsShareOfEachRoleItCanHit() {
        List<Fault> faults = chaos(300).settings().schedule();
        for (Role role : Role.values()) {
            Map<FaultKind, Long> byKind = faults.stream()
                    .filter(fault -> fault.role() == role)
                    .collect(Collectors.groupingBy(Fault::kind, Collectors.counting()));
            for (FaultKind kind : FaultKind.values()) {
                assertEquals(kind.hits(role), byKind.containsKey(kind), kind.word() + " of " + role.word());
            }
        }
    }

    @Test
    void whatMustBeUndoneHasItsTime() {
        for (Fault fault : chaos(500).settings().schedule()) {
            boolean undone = switch (fault.kind()) {
                case KILL, TERMINATE, LINK_RESET, LOG_TAIL, HOSTILE, STALLED_READER, RESUME, ZOMBIE, VERSION_RESTART ->
                    false;
                case FREEZE, LINK_DELAY, LINK_CUT, LINK_BLACK_HOLE, LINK_REFUSE, CLOCK, FULL_DISK -> true;
            };
            assertEquals(undone, fault.duration().isPositive(), fault::words);
            assertTrue(fault.pause().compareTo(Duration.ofSeconds(1)) <= 0, fault::words);
        }
    }

    @Test
    void someFaultsComeOnTopOfOthersAndTheFirstDoesNot() {
        List<Fault> faults = chaos(500).settings().schedule();
        long onTop = faults.stream().filter(Fault::onTop).count();
        assertTrue(onTop > 60 && onTop < 140, "on top: " + onTop);
        assertFalse(faults.getFirst().onTop());
    }

    @Test
    void withThreeBrokersTheirLinksStayWholeAndEachBrokerIsHitInTurn() {
        TestChaos chaos = chaos(300);
        chaos.brokers = 3;
        List<Fault> faults = chaos.settings().schedule();
        for (Fault fault : faults) {
            assertTrue(
                    !fault.kind().link() || fault.role() == Role.ENGINE || fault.role() == Role.SIMULATED_TRAINER,
                    fault::words);
        }
        List<Integer> brokers = faults.stream()
                .filter(fault -> fault.role() == Role.BROKER)
                .limit(3)
                .map(Fault::instance)
                .toList();
        assertEquals(List.of(0, 1, 2), brokers);
    }
}
