package io.millrace.sandbox.clock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.InputStream;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class ClockPatchTest {
    /** The clock that patched classes ask here. */
    public static final class Stopped {
        private Stopped() {}

        public static long currentTimeMillis() {
            return 42;
        }
    }

    /** Asks the time both ways. */
    public static final class Asks implements LongSupplier {
        private static final long WIDE = 0x1234_5678_9abc_def0L;

        @Override
        public long getAsLong() {
            LongSupplier reference = System::currentTimeMillis;
            return (System.currentTimeMillis() + reference.getAsLong()) ^ WIDE;
        }
    }

    private static final class Loader extends ClassLoader {
        Loader() {
            super(ClockPatchTest.class.getClassLoader());
        }

        Class<?> define(byte[] file) {
            return defineClass(Asks.class.getName(), file, 0, file.length);
        }
    }

    private static byte[] file(Class<?> type) throws Exception {
        try (InputStream in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            assertNotNull(in);
            return in.readAllBytes();
        }
    }

    @Test
    void callsAndMethodReferencesAskTheOtherClock() throws Exception {
        byte[] patched = new ClockPatch(Stopped.class.getName().replace('.', '/')).apply(file(Asks.class));
        assertNotNull(patched);
        LongSupplier asks = (LongSupplier)
                new Loader().define(patched).getDeclaredConstructor().newInstance();
        assertEquals(84 ^ Asks.WIDE, asks.getAsLong());
    }

    @Test
    void aClassThatAsksForNoTimeStaysAsItIs() throws Exception {
        assertNull(new ClockPatch("x").apply(file(Stopped.class)));
    }
}
