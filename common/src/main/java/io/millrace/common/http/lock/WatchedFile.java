package io.millrace.common.http.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/** Tells whether a file has changed since it was last asked. Not thread-safe. */
final class WatchedFile {
    /** @param key of the file itself, which differs after another was put in its place; null where there are none */
    private record Standing(
            FileTime changed, long bytes, @Nullable Object key) {}

    private final Path path;
    private @Nullable Standing last;

    WatchedFile(Path path) {
        this.path = path;
        this.last = standing();
    }

    /** Whether it is there and another than before. */
    boolean changed() {
        Standing now = standing();
        boolean changed = now != null && !now.equals(last);
        if (changed) {
            last = now;
        }
        return changed;
    }

    /** Null where it cannot be looked at, which is for whoever reads it to say. */
    private @Nullable Standing standing() {
        try {
            BasicFileAttributes of = Files.readAttributes(path, BasicFileAttributes.class);
            return new Standing(of.lastModifiedTime(), of.size(), of.fileKey());
        } catch (IOException e) {
            return null;
        }
    }
}
