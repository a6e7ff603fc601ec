package io.millrace.sandbox.bench.speed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.Locale;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;

/** What the JVM does during an arm, as a JFR file of its own; nothing where no folder is given. One thread. */
final class Profile implements AutoCloseable {
    private final @Nullable Recording recording;

    private Profile(@Nullable Recording recording) {
        this.recording = recording;
    }

    /**
     * @param folder for the file, which is named after benchmark and arm; a later round's takes the place of an earlier one's
     */
    static Profile of(@Nullable Path folder, String benchmark, String arm) throws IOException {
        if (folder == null) {
            return new Profile(null);
        }
        Files.createDirectories(folder);
        try {
            Recording recording = new Recording(Configuration.getConfiguration("profile"));
            String name = (benchmark + " " + arm).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
            recording.setDestination(folder.resolve(name + ".jfr"));
            recording.start();
            return new Profile(recording);
        } catch (ParseException e) {
            throw new IOException("the JDK's own profile cannot be read", e);
        }
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.close();
        }
    }
}
