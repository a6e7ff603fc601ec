package io.millrace.sandbox.clock;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wall clock of a process that was started with this agent: the machine's, and what stands in a file, which is read
 * again and again. It reaches whatever is loaded from the class path, Kafka's clients with it; the JDK's own classes keep
 * the machine's clock, and what measures durations is left alone. Thread-safe.
 */
public final class SteppedClock {
    private static final String OWN_PACKAGE = "io/millrace/sandbox/clock/";
    private static final long LOOK_MS = 200;

    private static volatile long offsetMs;

    private SteppedClock() {}

    /** What the process takes for now; milliseconds since 1970. */
    public static long currentTimeMillis() {
        return System.currentTimeMillis() + offsetMs;
    }

    /** Writes the agent's jar, for {@code -javaagent:JAR=FILE}; the file has the seconds that the clock is ahead. */
    public static void writeAgent(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", SteppedClock.class.getName());
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            String name = SteppedClock.class.getName().replace('.', '/') + ".class";
            out.putNextEntry(new JarEntry(name));
            try (InputStream own = SteppedClock.class.getResourceAsStream("/" + name)) {
                if (own == null) {
                    throw new IOException("cannot find " + name);
                }
                own.transferTo(out);
            }
            out.closeEntry();
        }
    }

    /** Called by the JVM before the program begins. */
    public static void premain(String file, Instrumentation instrumentation) {
        Path path = Path.of(file);
        look(path);
        Thread watch = new Thread(() -> watch(path), "stepped-clock");
        watch.setDaemon(true);
        watch.start();
        instrumentation.addTransformer(new Patching());
    }

    private static void watch(Path file) {
        try {
            while (true) {
                // Nothing tells of a file that has changed without a delay of its own.
                Thread.sleep(LOOK_MS);
                look(file);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void look(Path file) {
        try {
            offsetMs = 1_000 * Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            Log.LOG.warn("the clock stays where it is: cannot read {}", file, e);
        }
    }

    /** Asked for only when something is to be said: what an agent loads first is loaded without being looked at. */
    private static final class Log {
        static final Logger LOG = LoggerFactory.getLogger(SteppedClock.class);
    }

    private static final class Patching implements ClassFileTransformer {
        private final ClockPatch patch =
                new ClockPatch(SteppedClock.class.getName().replace('.', '/'));

        @Override
        public byte @Nullable [] transform(
                @Nullable ClassLoader loader,
                String className,
                @Nullable Class<?> redefined,
                @Nullable ProtectionDomain domain,
                byte[] file) {
            if (loader == null || className.startsWith(OWN_PACKAGE)) {
                return null;
            }
            try {
                return patch.apply(file);
            } catch (IOException e) {
                Log.LOG.warn("{} keeps the machine's clock", className, e);
                return null;
            }
        }
    }
}
