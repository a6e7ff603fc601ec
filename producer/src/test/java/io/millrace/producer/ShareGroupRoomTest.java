package io.millrace.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ShareGroupRoomTest {
    @Test
    void workersNearTheBrokersLimitAreSaidWithSettingAndValue() {
        assertNull(ShareGroupRoom.warning(179, 200));
        String warning = ShareGroupRoom.warning(180, 200);
        assertNotNull(warning);
        assertTrue(warning.startsWith("180 workers are at work, and the broker's group.share.max.size lets 200 claim"));
        assertEquals(warning.replace("180", "201"), ShareGroupRoom.warning(201, 200));
    }

    @Test
    void aBrokerThatDoesNotTellIsNoReasonToWarn() {
        assertNull(ShareGroupRoom.warning(1_000, Long.MAX_VALUE));
    }
}
