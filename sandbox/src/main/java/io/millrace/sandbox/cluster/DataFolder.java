package io.millrace.sandbox.cluster;

import io.millrace.common.config.SettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of a demo or chaos run. It empties what it made itself and nothing else: a folder with other things in it and without its
 * mark is refused.
 */
public final class DataFolder {
    private final Path root;

    private DataFolder(Path root) {
        this.root = root;
    }

    /**
     * @param owner one word for whose folder it is; another's is refused
     * @param keepData whether Kafka's data of the last time stays
     * @throws SettingException when the folder cannot be used
     */
    public static DataFolder prepare(Path root, String owner, boolean keepData) {
        DataFolder folder = new DataFolder(root);
        Path mark = root.resolve(".millrace-" + owner);
        try {
            if (Files.isDirectory(root) && !Files.exists(mark) && !isEmpty(root)) {
                throw new SettingException(
                        "--data-dir: " + root + " has other things in it; name a new or empty folder");
            }
            Files.createDirectories(root);
            Files.writeString(mark, "This folder belongs to millrace " + owner + ", which empties it.\n");
            delete(folder.logs());
            Files.deleteIfExists(folder.trainerReport());
            if (!keepData) {
                delete(folder.kafka());
                delete(folder.weights());
                delete(folder.model());
            }
            Files.createDirectories(folder.logs());
            return folder;
        } catch (IOException e) {
            throw new SettingException("--data-dir: cannot use " + root + ": " + e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    public Path kafka() {
        return root.resolve("kafka");
    }

    /** Weights that a trainer leaves for engines. */
    public Path weights() {
        return root.resolve("weights");
    }

    /** The model that a real engine serves and a trainer trains. */
    public Path model() {
        return root.resolve("model");
    }

    public Path logs() {
        return root.resolve("logs");
    }

    public Path log(String name) {
        return logs().resolve(name + ".log");
    }

    public Path trainerReport() {
        return root.resolve("simulated-trainer.json");
    }

    /** Which processes run, so that those of a killed run are found. */
    public Path pids() {
        return root.resolve("pids");
    }

    public static Path pids(Path root) {
        return new DataFolder(root).pids();
    }

    void writePids(List<Child> children) {
        StringBuilder lines = new StringBuilder();
        children.forEach(child ->
                lines.append(child.pid()).append(' ').append(child.name()).append('\n'));
        try {
            Files.writeString(pids(), lines);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + pids(), e);
        }
    }

    /** Every process has ended: the list of them goes, and Kafka's data unless it is to stay. */
    public void finish(boolean keepData) throws IOException {
        Files.deleteIfExists(pids());
        if (!keepData) {
            delete(kafka());
        }
    }

    /** With all that is in it, where it is there. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
