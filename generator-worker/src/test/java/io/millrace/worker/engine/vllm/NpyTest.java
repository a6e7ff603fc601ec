package io.millrace.worker.engine.vllm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.rollout.Tensor;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays as NumPy 2 saved them, not by our stand-in. */
class NpyTest {
    /** {@code np.save(f, np.arange(12, dtype=np.uint8).reshape(3, 2, 2))}. */
    private static final String BYTES =
            "k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzog"
                    + "KDMsIDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
                    + "ICAgICAgIAoAAQIDBAUGBwgJCgs=";

    /** {@code np.save(f, np.arange(3, dtype=np.int32))}. */
    private static final String INTS =
            "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzog"
                    + "KDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
                    + "ICAgICAgIAoAAAAAAQAAAAIAAAA=";

    /** {@code np.save(f, np.asfortranarray(np.zeros((2, 2), dtype=np.int32)))}. */
    private static final String BY_COLUMN =
            "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAo"
                    + "MiwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
                    + "ICAgICAgIAoAAAAAAAAAAAAAAAAAAAAA";

    /** {@code np.save(f, np.zeros(2, dtype=">i4"))}. */
    private static final String BIG_ENDIAN =
            "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzog"
                    + "KDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
                    + "ICAgICAgIAoAAAAAAAAAAA==";

    private static Tensor read(String base64) {
        return Npy.read(Base64.getDecoder().decode(base64));
    }

    @Test
    void anArrayIsReadAsNumPySavedIt() {
        Tensor bytes = read(BYTES);
        assertEquals("U8", bytes.dtype());
        assertArrayEquals(new long[] {3, 2, 2}, bytes.shape());
        assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, bytes.data());
        Tensor ints = read(INTS);
        assertEquals("I32", ints.dtype());
        assertArrayEquals(new long[] {3}, ints.shape());
        assertArrayEquals(new byte[] {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0}, ints.data());
    }

    @ParameterizedTest
    @ValueSource(strings = {BY_COLUMN, BIG_ENDIAN, "", "AAAA"})
    void anotherKindIsRefused(String base64) {
        assertThrows(IllegalArgumentException.class, () -> read(base64));
    }

    @Test
    void whateverIsCutOrFlippedIsAnArrayOrRefused() {
        byte[] whole = Base64.getDecoder().decode(BYTES);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(IllegalArgumentException.class, () -> Npy.read(cut));
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] flipped = whole.clone();
            flipped[random.nextInt(flipped.length)] = (byte) random.nextInt(256);
            try {
                assertEquals(12, Npy.read(flipped).data().length);
            } catch (IllegalArgumentException e) {
                // Refused.
            }
        }
    }
}
