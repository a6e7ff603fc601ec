package io.millrace.ops.backup.files;

import io.millrace.common.config.SettingException;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * A backup on disk: a folder for each partition, {@code manifest.json}, and {@code SHA256SUMS}, which is written last. Until
 * then {@code INCOMPLETE} stands there.
 */
public final class BackupFolder {
    private static final String MANIFEST = "manifest.json";
    private static final String INCOMPLETE = "INCOMPLETE";

    private final Path folder;
    private final boolean made;
    private final List<Path> files = new ArrayList<>();

    private BackupFolder(Path folder, boolean made) {
        this.folder = folder;
        this.made = made;
    }

    /** @throws SettingException when something else is there, or nothing can be written */
    public static BackupFolder begin(Path folder) {
        boolean made = !Files.exists(folder);
        try {
            Files.createDirectories(folder);
            if (Files.exists(folder.resolve(INCOMPLETE))) {
                clear(folder);
            }
            try (Stream<Path> there = Files.list(folder)) {
                if (there.findAny().isPresent()) {
                    throw new SettingException("--output: " + folder + " must be new or empty"
                            + (Files.exists(folder.resolve(Checksums.FILE)) ? "; it holds a backup" : ""));
                }
            }
            Files.writeString(
                    folder.resolve(INCOMPLETE),
                    "A backup is being made here, or was broken off and is worth nothing.\n");
        } catch (IOException e) {
            throw new SettingException("--output: cannot write to " + folder + ": " + e);
        }
        return new BackupFolder(folder, made);
    }

    /** Where a partition's files go. */
    public Path of(String topic, int partition) {
        return folder.resolve(topic + "-" + partition);
    }

    /** Files that were written whole, as the manifest names them. */
    public List<String> add(List<Path> written) {
        files.addAll(written);
        return written.stream().map(file -> folder.relativize(file).toString()).toList();
    }

    /** Makes it a backup. */
    public void end(BackupManifest manifest) throws IOException {
        Path file = folder.resolve(MANIFEST);
        Files.writeString(
                file,
                Json.MAPPER
                                .writerWithDefaultPrettyPrinter()
                                .writeValueAsString(Json.form(manifest, BackupManifest.VERSION))
                        + "\n");
        files.add(file);
        Checksums.write(folder, files);
        Files.delete(folder.resolve(INCOMPLETE));
    }

    /** Leaves nothing behind. */
    public void discard() {
        try {
            clear(folder);
            if (made) {
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clear " + folder, e);
        }
    }

    private static void clear(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder())
                    .filter(path -> !path.equals(folder))
                    .toList()) {
                Files.delete(path);
            }
        }
    }

    /**
     * Reads a backup's manifest, and every file once.
     *
     * @throws SettingException naming what is missing, damaged or of another version
     */
    public static BackupManifest verified(Path folder) {
        try {
            if (Files.exists(folder.resolve(INCOMPLETE))) {
                throw new SettingException("--input: the backup in " + folder + " was broken off; make it again");
            }
            if (!Files.exists(folder.resolve(Checksums.FILE))) {
                throw new SettingException("--input: there is no backup in " + folder + " (no " + Checksums.FILE + ")");
            }
            Set<String> whole = Checksums.verify(folder);
            if (!whole.contains(MANIFEST)) {
                throw new SettingException("--input: " + folder.resolve(Checksums.FILE) + " does not name " + MANIFEST);
            }
            BackupManifest manifest = Json.value(
                    Json.MAPPER.readTree(Files.readString(folder.resolve(MANIFEST))),
                    BackupManifest.VERSION,
                    BackupManifest.class);
            for (BackupManifest.Topic topic : manifest.topics()) {
                for (BackupManifest.Partition partition : topic.partitions()) {
                    for (String file : partition.files()) {
                        if (!whole.contains(file)) {
                            throw new SettingException("--input: " + folder.resolve(file) + " is in " + MANIFEST
                                    + " and not in " + Checksums.FILE);
                        }
                    }
                }
            }
            return manifest;
        } catch (BadRecordException | JacksonException e) {
            throw new SettingException("--input: " + folder.resolve(MANIFEST) + " cannot be read: " + e.getMessage());
        } catch (IOException e) {
            throw new SettingException("--input: " + folder + " cannot be read: " + e);
        }
    }
}
