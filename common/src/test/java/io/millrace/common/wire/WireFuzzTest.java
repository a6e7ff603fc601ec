package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.RolloutGroup;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever stands on a topic, reading it gives a record or a reason, and costs memory in proportion to it. */
class WireFuzzTest {
    private static final long ALLOCATED_BYTES_MAX = 8 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** A decoder under test. */
    private interface Decoder {
        void decode(byte[] blob) throws BadRecordException;
    }

    @Test
    void aDamagedGroupIsReadOrRefusedAndNeverCostsAbsurdMemory() throws Exception {
        SplittableRandom random = new SplittableRandom(77);
        byte[] golden = TestingBlobs.golden("rollout-group.safetensors");
        // The first read loads classes, more of them the longer the class path; that is no cost of a blob.
        RolloutGroupCodec.decode(golden);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] good = i % 2 == 0
                    ? golden
                    : RolloutGroupCodec.encode(TestingGroups.random(random, random.nextInt(1_000_000)));
            byte[] bad = damaged(random, good);
            refused += isRefused(RolloutGroupCodec::decode, bad) ? 1 : 0;
            isRefused(RolloutGroupCodec::decodeHeader, bad);
        }
        assertTrue(refused > 8_000 && refused < 20_000, refused + " refused");
    }

    @Test
    void aDamagedBatchIsReadOrRefusedAndNeverCostsAbsurdMemory() {
        SplittableRandom random = new SplittableRandom(78);
        BatchHeader header =
                new BatchHeader(TestingGroups.RUN, new Lineage(0), new StepNumber(0), new WeightVersion(0), null, 0);
        int refused = 0;
        for (int i = 0; i < 2_000; i++) {
            List<RolloutGroup> groups = List.of(TestingGroups.random(random, 3), TestingGroups.random(random, 5));
            refused += isRefused(RolloutBatchCodec::decode, damaged(random, RolloutBatchCodec.encode(header, groups)))
                    ? 1
                    : 0;
        }
        assertTrue(refused > 800 && refused < 2_000, refused + " refused");
    }

    private static boolean isRefused(Decoder decoder, byte[] blob) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean refused = false;
        try {
            decoder.decode(blob);
        } catch (BadRecordException e) {
            refused = true;
            assertTrue(e.getMessage() != null && !e.getMessage().isBlank(), "a refusal without a reason");
        } catch (RuntimeException | Error e) {
            throw new AssertionError(
                    "neither read nor refused: " + HexFormat.of().formatHex(blob), e);
        }
        long allocatedBytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertTrue(
                allocatedBytes < ALLOCATED_BYTES_MAX,
                () -> allocatedBytes + " bytes for " + HexFormat.of().formatHex(blob));
        return refused;
    }

    private static byte[] damaged(SplittableRandom random, byte[] good) {
        byte[] bad = good.clone();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            bad = damagedOnce(random, bad);
        }
        return bad;
    }

    private static byte[] damagedOnce(SplittableRandom random, byte[] blob) {
        if (blob.length < 2 * Long.BYTES) {
            return blob;
        }
        int at = random.nextInt(blob.length);
        return switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(blob, at);
            case 1 -> Arrays.copyOf(blob, blob.length + 1 + random.nextInt(9));
            case 2 -> {
                blob[at] ^= (byte) (1 << random.nextInt(8));
                yield blob;
            }
            case 3 -> {
                blob[at] = (byte) random.nextInt(256);
                yield blob;
            }
            case 4 -> {
                ByteBuffer.wrap(blob)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(random.nextBoolean() ? random.nextLong() : random.nextInt(blob.length));
                yield blob;
            }
            case 5 -> otherDigit(random, blob, at);
            default -> {
                int length = random.nextInt(Math.min(20, blob.length - at) + 1);
                System.arraycopy(blob, random.nextInt(blob.length - length + 1), blob, at, length);
                yield blob;
            }
        };
    }

    /** Turns the next digit into another, or into nines: lengths, offsets and versions that are still numbers. */
    private static byte[] otherDigit(SplittableRandom random, byte[] blob, int from) {
        for (int i = from; i < blob.length; i++) {
            if (blob[i] >= '0' && blob[i] <= '9') {
                blob[i] = (byte) ('0' + random.nextInt(10));
                for (int j = i + 1; j < blob.length && blob[j] == ',' && random.nextBoolean(); j++) {
                    blob[j] = '9';
                }
                break;
            }
        }
        return blob;
    }
}
