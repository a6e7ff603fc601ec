package io.millrace.ops.backup.files;

import io.millrace.common.config.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** {@code SHA256SUMS} of a folder, which {@code sha256sum -c} reads too. Stateless. */
final class Checksums {
    static final String FILE = "SHA256SUMS";

    private Checksums() {}

    /** Written last, so a folder that has it is whole. */
    static void write(Path folder, List<Path> files) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Path file : files) {
            lines.append(sum(file))
                    .append("  ")
                    .append(folder.relativize(file).toString().replace('\\', '/'))
                    .append('\n');
        }
        Path part = folder.resolve(FILE + ".part");
        Files.writeString(part, lines);
        Files.move(part, folder.resolve(FILE));
    }

    /**
     * Reads every file.
     *
     * @return the names that are there and as they were
     * @throws SettingException naming the first file that is gone or is not as it was
     */
    static Set<String> verify(Path folder) throws IOException {
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(folder.resolve(FILE))) {
            String[] words = line.split("  ", 2);
            if (words.length != 2 || words[1].startsWith("/") || words[1].contains("..")) {
                throw new SettingException("--input: " + folder.resolve(FILE) + " has a line that is none: " + line);
            }
            Path file = folder.resolve(words[1]);
            try {
                if (!sum(file).equals(words[0])) {
                    throw new SettingException("--input: " + file + " is damaged: its SHA-256 is not the one of " + FILE
                            + "; nothing was restored");
                }
            } catch (NoSuchFileException e) {
                throw new SettingException("--input: " + file + " is missing; nothing was restored");
            }
            names.add(words[1]);
        }
        return names;
    }

    private static String sum(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
