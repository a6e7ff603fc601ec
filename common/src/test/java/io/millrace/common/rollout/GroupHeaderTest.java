package io.millrace.common.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.wire.RolloutGroupCodec;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupHeaderTest {
    @Test
    void siblingsCountAsOneRolloutAndKeepItOnTheWire() throws Exception {
        RolloutGroup group = TestingRollouts.withSiblings(4, 1, 3, 2);
        GroupHeader header =
                RolloutGroupCodec.decode(RolloutGroupCodec.encode(group)).header();
        assertEquals(group.header(), header);
        assertEquals(3, header.rollouts());
        assertEquals(
                List.of(12L, 13L, 13L, 13L, 14L, 14L),
                header.samples().stream().map(SampleHeader::index).toList());
        assertEquals(
                2, header.metadataOf(header.samples().get(3)).path("sibling").intValue());
        assertEquals(
                "math",
                header.metadataOf(header.samples().get(3)).path("rm_type").stringValue());
        assertTrue(header.metadata().path("sibling").isMissingNode());
    }

    @Test
    void samplesThatShareAnIndexWithoutARolloutAreNoGroup() {
        RolloutGroup group = TestingRollouts.withSiblings(0, 2);
        SampleHeader first = group.header().samples().getFirst();
        SampleHeader alone = new SampleHeader(
                first.index(),
                first.promptLength(),
                first.responseLength(),
                first.response(),
                first.reward(),
                first.status(),
                first.finishReason(),
                first.weightVersions(),
                first.provenance(),
                first.engineWeightVersions(),
                first.sessionId(),
                first.engine(),
                0,
                0,
                0,
                null);
        GroupHeader header = group.header();
        assertThrows(
                IllegalArgumentException.class,
                () -> new GroupHeader(
                        header.run(),
                        header.groupIndex(),
                        header.attempt(),
                        header.lineage(),
                        header.issueVersion(),
                        header.worker(),
                        0,
                        0,
                        0,
                        header.prompt(),
                        header.label(),
                        header.metadata(),
                        header.rewards(),
                        List.of(alone, alone)));
    }
}
