package io.millrace.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.cli.Command;
import io.millrace.common.metrics.catalogue.MetricCatalogue;
import io.millrace.common.metrics.catalogue.OwnMetric;
import io.millrace.trainer.steps.StepHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {
    private static final String COMMON = "io.millrace.common..";
    private static final String PRODUCER = "io.millrace.producer..";
    private static final String WORKER = "io.millrace.worker..";
    private static final String TRAINER = "io.millrace.trainer..";
    private static final String OPS = "io.millrace.ops..";
    private static final String SANDBOX = "io.millrace.sandbox..";

    /** Clients and servers, ours and others'. */
    private static final String[] EDGES = {
        "org.apache.kafka..",
        "java.net.http..",
        "io.helidon..",
        "com.sun.net.httpserver..",
        "io.millrace.common.kafka..",
        "io.millrace.common.http.."
    };

    /** Where decisions are made from events and a given time, so that tests need neither broker nor thread. */
    private static final String[] PURE_PACKAGES = {
        "io.millrace.producer.admission..",
        "io.millrace.producer.ledger..",
        "io.millrace.producer.source",
        "io.millrace.producer.source.row..",
        "io.millrace.trainer.evaluate.score..",
        "io.millrace.trainer.gate..",
        "io.millrace.trainer.collect..",
        "io.millrace.trainer.filter..",
        "io.millrace.trainer.observe",
        "io.millrace.trainer.decide..",
        "io.millrace.trainer.policy..",
        "io.millrace.trainer.steps..",
        "io.millrace.worker.agent.chat..",
        "io.millrace.worker.attempt..",
        "io.millrace.worker.retry.."
    };

    /** Pure ones beside others. */
    private static final Set<String> PURE_CLASSES = Set.of(
            "io.millrace.worker.claim.ConsumerWatch",
            "io.millrace.worker.engine.EngineTable",
            "io.millrace.worker.engine.sglang.SglangAnswer",
            "io.millrace.worker.engine.vllm.VllmAnswer",
            "io.millrace.worker.engine.vllm.VllmRequests",
            "io.millrace.worker.slots.SlotTable");

    private static final DescribedPredicate<JavaClass> PURE_ROOMS = resideInAnyPackage(PURE_PACKAGES)
            .or(describe(
                    "pure classes", type -> PURE_CLASSES.contains(type.getName().split("\\$", 2)[0])))
            .as("pure rooms");

    private static final DescribedPredicate<JavaAccess<?>> READS_A_CLOCK = describe("a clock is read", access -> {
        JavaClass owner = access.getTargetOwner();
        String name = access.getTarget().getName();
        return switch (owner.getName()) {
            case "java.lang.System" -> name.equals("nanoTime") || name.equals("currentTimeMillis");
            case "io.millrace.common.time.Ticker", "io.millrace.common.time.WallClock" -> name.equals("system");
            default ->
                owner.getPackageName().equals("java.time")
                        && (name.equals("now") || owner.getSimpleName().equals("Clock"));
        };
    });

    private static final ImportOption NO_TESTS =
            location -> !location.contains("/test-classes/") && !location.contains("-tests.jar");

    private static final JavaClasses MAIN =
            new ClassFileImporter().withImportOption(NO_TESTS).importPackages("io.millrace");

    /** A rule whose room is empty fails: it would judge nothing. */
    private static void check(ArchRule rule) {
        rule.check(MAIN);
    }

    @Test
    void commonStandsOnItsOwn() {
        check(noClasses()
                .that()
                .resideInAPackage(COMMON)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(PRODUCER, WORKER, TRAINER, OPS, SANDBOX));
    }

    @ParameterizedTest
    @CsvSource({
        PRODUCER + "," + WORKER + "," + TRAINER,
        WORKER + "," + PRODUCER + "," + TRAINER,
        TRAINER + "," + PRODUCER + "," + WORKER
    })
    void theProcessesKnowCommonButNotEachOther(String module, String one, String other) {
        check(noClasses()
                .that()
                .resideInAPackage(module)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(one, other));
    }

    @Test
    void noProcessDependsOnTheOperatorsProgram() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(OPS, SANDBOX)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(OPS));
    }

    /**
     * A replay, and an export, is what the trainer got because it is read by the trainer's classes; who looks at a run sees
     * what the trainer consumer's own page shows.
     */
    @Test
    void theOperatorsProgramKnowsCommonAndForReplaysTheTrainersBatchesAndItsPage() {
        check(noClasses()
                .that()
                .resideInAPackage(OPS)
                .and()
                .resideOutsideOfPackages(
                        "io.millrace.ops.replay..",
                        "io.millrace.ops.export..",
                        "io.millrace.ops.page..",
                        "io.millrace.ops.top..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(PRODUCER, WORKER, TRAINER, SANDBOX));
        check(noClasses()
                .that()
                .resideInAnyPackage("io.millrace.ops.replay..", "io.millrace.ops.export..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(PRODUCER, WORKER, TRAINER, SANDBOX)
                        .and(not(resideInAPackage("io.millrace.trainer.batch..")))
                        .and(not(belongToAnyOf(StepHistory.class)))));
    }

    @ParameterizedTest
    @ValueSource(strings = {COMMON, PRODUCER, WORKER, TRAINER, OPS, SANDBOX})
    void aModulesRoomsHaveNoCycle(String module) {
        check(slices().assignedFrom(roomsOf(module)).should().beFreeOfCycles());
    }

    /** Beyond that a room has a second purpose; records and their wire form are lists. */
    @Test
    void aRoomHasAtMostTwelveClasses() {
        Map<String, Integer> classes = new TreeMap<>();
        MAIN.stream()
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .filter(type -> !resideInAnyPackage("io.millrace.common.record", "io.millrace.common.wire")
                        .test(type))
                .forEach(type -> classes.merge(type.getPackageName(), 1, Integer::sum));
        classes.values().removeIf(count -> count <= 12);
        assertEquals(Map.of(), classes, "rooms with more than twelve classes");
    }

    @Test
    void aClassHasAtMostFourHundredLines() throws IOException {
        Map<String, Long> lines = new TreeMap<>();
        Path root = Path.of("..").toRealPath();
        try (Stream<Path> files =
                Files.find(root, 30, (file, seen) -> file.toString().matches(".*/src/main/java/.*\\.java"))) {
            for (Path file : files.toList()) {
                try (Stream<String> all = Files.lines(file)) {
                    lines.put(root.relativize(file).toString(), all.count());
                }
            }
        }
        assertTrue(lines.size() > 100, () -> "the files seen are " + lines.keySet());
        lines.values().removeIf(count -> count <= 400);
        assertEquals(Map.of(), lines, "classes with more than 400 lines");
    }

    /** Each package below, and the module's own, is a room. */
    private static SliceAssignment roomsOf(String module) {
        DescribedPredicate<JavaClass> inside = resideInAPackage(module);
        return new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                return inside.test(type) ? SliceIdentifier.of(type.getPackageName()) : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "the packages of " + module;
            }
        };
    }

    @Test
    void nobodyDependsOnTheSandbox() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(SANDBOX)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(SANDBOX));
    }

    @Test
    void everyClassBelongsToAModule() {
        check(classes().should().resideInAnyPackage(COMMON, PRODUCER, WORKER, TRAINER, OPS, SANDBOX));
    }

    /** A room that was moved or renamed would be judged no more. */
    @Test
    void everyPureRoomIsThere() {
        for (String room : PURE_PACKAGES) {
            check(classes()
                    .that()
                    .resideInAPackage(room)
                    .should()
                    .beTopLevelClasses()
                    .orShould()
                    .beNestedClasses());
        }
        PURE_CLASSES.forEach(name -> assertTrue(MAIN.contain(name), name));
    }

    @Test
    void pureRoomsHaveNoClientInside() {
        check(noClasses().that(PURE_ROOMS).should().dependOnClassesThat().resideInAnyPackage(EDGES));
    }

    @Test
    void promptSourcesHaveNoClientInside() {
        check(noClasses()
                .that()
                .resideInAPackage("io.millrace.producer.source..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(EDGES));
    }

    @Test
    void pureRoomsHaveNoThreadInside() {
        check(noClasses()
                .that(PURE_ROOMS)
                .should()
                .dependOnClassesThat(assignableTo(Thread.class)
                        .or(assignableTo(java.util.concurrent.Executor.class))
                        .or(assignableTo(java.util.concurrent.Executors.class))));
    }

    @Test
    void pureRoomsReadNoClock() {
        check(noClasses().that(PURE_ROOMS).should().accessTargetWhere(READS_A_CLOCK));
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> packages = new TreeSet<>();
        MAIN.forEach(type -> packages.add(type.getPackageName()));
        List<String> unmarked = new ArrayList<>();
        for (String name : packages) {
            JavaPackage room = MAIN.getPackage(name);
            if (room.tryGetPackageInfo().isEmpty() || !room.isAnnotatedWith(NullMarked.class)) {
                unmarked.add(name);
            }
        }
        assertEquals(List.of(), unmarked, "packages without @NullMarked in a package-info");
        assertTrue(packages.size() > 10, () -> "the packages seen are " + packages);
    }

    private static final DescribedPredicate<JavaAccess<?>> MAKES_A_METER = describe("a meter is made", access -> {
        JavaClass owner = access.getTargetOwner();
        String name = access.getTarget().getName();
        return (owner.getPackageName().startsWith("io.micrometer.core.instrument") && name.equals("builder"))
                || (owner.isAssignableTo(MeterRegistry.class)
                        && Set.of("counter", "gauge", "timer", "summary", "more")
                                .contains(name));
    });

    /** The stand-in engine has the names of the engine that it stands in for. */
    @Test
    void metersAreMadeByTheCatalogueAlone() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages("io.millrace.common.metrics..", "io.millrace.sandbox.engine..")
                .should()
                .accessTargetWhere(MAKES_A_METER));
    }

    @Test
    void everyMetricOfTheCatalogueIsRegisteredSomewhere() {
        List<String> idle = new ArrayList<>();
        for (List<OwnMetric> metrics : MetricCatalogue.byProcess().values()) {
            for (OwnMetric metric : metrics) {
                String constant = ((Enum<?>) metric).name();
                boolean used = MAIN.get(metric.getClass()).getField(constant).getAccessesToSelf().stream()
                        .anyMatch(access -> !access.getOriginOwner().isEquivalentTo(metric.getClass()));
                if (!used) {
                    idle.add(metric.spec().name());
                }
            }
        }
        assertEquals(List.of(), idle);
    }

    @Test
    void logsGoThroughSlf4j() {
        check(GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING);
    }

    @Test
    void onlyCommandsPrint() {
        check(noClasses()
                .that(not(resideInAnyPackage("..ops..", "..demo..", "..chaos..", "..bench..", "..cli.."))
                        .and(not(assignableTo(Command.class))))
                .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS));
    }

    @Test
    void nothingIsMocked() {
        JavaClasses withTests = new ClassFileImporter().importPackages("io.millrace");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.mockito..", "org.easymock..", "mockit..")
                .check(withTests);
    }

    /** The rules would also pass on nothing; here they see what they forbid. */
    @Test
    void theRulesBite() {
        JavaClasses broker =
                new ClassFileImporter().importPackages("io.millrace.common.topics", "io.millrace.common.time");
        assertThrows(
                AssertionError.class,
                () -> noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(EDGES)
                        .check(broker));
        assertThrows(
                AssertionError.class,
                () -> noClasses().should().accessTargetWhere(READS_A_CLOCK).check(broker));
    }
}
