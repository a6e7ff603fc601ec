package io.millrace.trainer.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingException;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.TestingRollouts;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterChainTest {
    private static final BatchSettings BATCH = new BatchSettings(2, 2, 1, 1);

    private static RolloutGroup group(double std, SampleStatus last) {
        RolloutGroup plain = TestingRollouts.group(3, 1, 2);
        GroupHeader of = plain.header();
        List<SampleHeader> samples = new ArrayList<>(of.samples());
        SampleHeader sample = samples.removeLast();
        samples.add(new SampleHeader(
                sample.index(),
                sample.promptLength(),
                sample.responseLength(),
                sample.response(),
                sample.reward(),
                last,
                sample.finishReason(),
                sample.weightVersions(),
                sample.provenance(),
                sample.engineWeightVersions(),
                sample.sessionId(),
                sample.engine(),
                sample.generationSeconds(),
                sample.nonGenerationSeconds(),
                sample.cachedTokens(),
                sample.spec()));
        GroupHeader header = new GroupHeader(
                of.run(),
                of.groupIndex(),
                of.attempt(),
                of.lineage(),
                of.issueVersion(),
                of.worker(),
                of.issuedAtMs(),
                of.claimedAtMs(),
                of.finishedAtMs(),
                of.prompt(),
                of.label(),
                of.metadata(),
                new RewardStats(0.5, std),
                samples);
        return new RolloutGroup(header, plain.tokens(), plain.logProbs(), plain.lossMask(), plain.extras());
    }

    private static final RolloutGroup GOOD = group(0.5, SampleStatus.COMPLETED);
    private static final RolloutGroup SAME = group(0, SampleStatus.COMPLETED);
    private static final RolloutGroup ABORTED = group(0.5, SampleStatus.ABORTED);

    private static FilterChain chain(int max, String... names) {
        return new FilterSettings(List.of(names), max).chain(BATCH, List.of());
    }

    @Test
    void zeroStdDropsRewardsThatDoNotDiffer() {
        FilterChain chain = chain(10, "zero-std");
        assertEquals(Optional.of("filtered:zero-std"), chain.drops(SAME));
        assertEquals(Optional.of("filtered:zero-std"), chain.drops(group(1e-6, SampleStatus.COMPLETED)));
        assertEquals(Optional.empty(), chain.drops(group(1.1e-6, SampleStatus.COMPLETED)));
        assertEquals(Optional.empty(), chain.drops(ABORTED));
    }

    @Test
    void abortedDropsAGroupWithOneAbortedSample() {
        FilterChain chain = chain(10, "aborted");
        assertEquals(Optional.of("filtered:aborted"), chain.drops(ABORTED));
        assertEquals(Optional.empty(), chain.drops(group(0, SampleStatus.TRUNCATED)));
    }

    @Test
    void theFirstFilterThatDropsGivesTheReason() {
        RolloutGroup both = group(0, SampleStatus.ABORTED);
        assertEquals(
                Optional.of("filtered:aborted"),
                chain(10, "aborted", "zero-std").drops(both));
        assertEquals(
                Optional.of("filtered:zero-std"),
                chain(10, "zero-std", "aborted").drops(both));
        assertEquals(
                List.of("filtered:zero-std", "filtered:aborted"),
                chain(10, "zero-std", "aborted").reasons());
    }

    @Test
    void aFilterOfTheTrainersOwnIsAskedAfterThoseOfTheSettings() {
        GroupFilter third = new GroupFilter() {
            @Override
            public String name() {
                return "third";
            }

            @Override
            public boolean drops(RolloutGroup group) {
                return group.header().groupIndex().value() == 3;
            }
        };
        FilterChain chain = new FilterSettings(List.of("zero-std"), 10).chain(BATCH, List.of(third));
        assertEquals(Optional.of("filtered:zero-std"), chain.drops(SAME));
        assertEquals(Optional.of("filtered:third"), chain.drops(GOOD));
        assertThrows(IllegalArgumentException.class, () -> new FilterChain(List.of(third, third), 1));
    }

    @Test
    void moreInARowThanIsBorneGivesAVerdictThatNamesFiltersAndCounts() {
        FilterChain chain = chain(3, "zero-std", "aborted");
        chain.drops(SAME);
        chain.drops(ABORTED);
        chain.drops(SAME);
        assertEquals(3, chain.consecutive());
        assertEquals(Optional.empty(), chain.verdict());
        chain.drops(SAME);
        String verdict = chain.verdict().orElseThrow();
        assertTrue(verdict.startsWith("4 finished groups in a row"), verdict);
        assertTrue(verdict.contains("(zero-std 3, aborted 1)"), verdict);
        assertTrue(verdict.contains("max-consecutive-filtered 3"), verdict);
        chain.drops(GOOD);
        assertEquals(Optional.of(verdict), chain.verdict());
    }

    @Test
    void oneThatIsKeptBeginsANewRow() {
        FilterChain chain = chain(2, "zero-std");
        for (int i = 0; i < 5; i++) {
            chain.drops(SAME);
            chain.drops(SAME);
            assertEquals(Optional.empty(), chain.drops(GOOD));
            assertEquals(0, chain.consecutive());
        }
        assertEquals(Optional.empty(), chain.verdict());
    }

    /** A filter as a user's jar has one. */
    public static final class Odd implements GroupFilter {
        @Override
        public String name() {
            return "odd";
        }

        @Override
        public boolean drops(RolloutGroup group) {
            return group.header().groupIndex().value() % 2 == 1;
        }
    }

    @Test
    void aFilterOfTheClassPathIsOneMore(@TempDir Path folder) throws Exception {
        SettingException unknown = assertThrows(SettingException.class, () -> chain(1, "odd"));
        assertTrue(String.valueOf(unknown.getMessage()).contains("zero-std, aborted, was 'odd'"), unknown::toString);
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(GroupFilter.class.getName()), Odd.class.getName());
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            FilterChain chain = chain(10, "zero-std", "odd");
            assertEquals(List.of("filtered:zero-std", "filtered:odd"), chain.reasons());
            assertEquals(
                    GOOD.header().groupIndex().value() % 2 == 1,
                    chain.drops(GOOD).isPresent());
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
