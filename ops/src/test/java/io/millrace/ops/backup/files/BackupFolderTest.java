package io.millrace.ops.backup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written comes back; what is not whole is refused with its name. */
class BackupFolderTest {
    @TempDir
    Path temporary;

    private Path folder;
    private final List<StoredRecord> records = new ArrayList<>();

    @BeforeEach
    void writeOne() throws Exception {
        folder = temporary.resolve("backup");
        BackupFolder written = BackupFolder.begin(folder);
        Random random = new Random(3);
        byte[] large = new byte[3 << 20];
        random.nextBytes(large);
        for (int i = 0; i < 30_000; i++) {
            byte[] key = i % 7 == 0 ? null : ("" + i).getBytes(StandardCharsets.UTF_8);
            byte[] value = i == 20_000 ? large : i % 11 == 0 ? null : new byte[random.nextInt(40)];
            Header[] headers = i % 2 == 0
                    ? new Header[] {new RecordHeader("a", new byte[] {1}), new RecordHeader("a", (byte[]) null)}
                    : new Header[0];
            records.add(new StoredRecord(100 + 3L * i + (i > 29_000 ? 1L << 32 : 0), 1_000 + i, key, value, headers));
        }
        try (PartitionFiles files = new PartitionFiles(written.of("results", 2))) {
            for (StoredRecord record : records) {
                files.add(record);
            }
            long end = records.getLast().offset() + 5;
            List<String> names = written.add(files.end());
            assertEquals(List.of("results-2/00000000000000000100.log"), names);
            written.end(new BackupManifest(
                    "r",
                    "2026-11-30T00:00:00Z",
                    true,
                    List.of(new BackupManifest.Topic(
                            "results",
                            1,
                            Map.of("cleanup.policy", "delete"),
                            List.of(new BackupManifest.Partition(2, 100, end, files.records(), names)))),
                    List.of(new BackupManifest.Group(
                            "prompts.workers",
                            BackupManifest.Kind.SHARE,
                            List.of(new BackupManifest.Position("prompts", 0, 7))))));
        }
    }

    private Path file() {
        return folder.resolve("results-2/00000000000000000100.log");
    }

    private void assertRefused(String words) {
        SettingException refused = assertThrows(SettingException.class, () -> BackupFolder.verified(folder));
        assertTrue(refused.getMessage().contains(words), refused::getMessage);
    }

    @Test
    void everyRecordComesBackByteForByte() throws Exception {
        BackupManifest manifest = BackupFolder.verified(folder);
        assertEquals(records.size(), manifest.records());
        try (StoredRecords stored = new StoredRecords(List.of(file()))) {
            for (StoredRecord record : records) {
                StoredRecord read = stored.next();
                assertTrue(read != null && record.same(read), () -> "offset " + record.offset());
            }
            assertEquals(null, stored.next());
        }
    }

    @Test
    void aFileThatIsDamagedShortOrGoneIsRefused() throws Exception {
        byte[] bytes = Files.readAllBytes(file());
        bytes[bytes.length / 2] ^= 1;
        Files.write(file(), bytes);
        assertRefused("00000000000000000100.log is damaged");
        Files.write(file(), java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertRefused("00000000000000000100.log is damaged");
        Files.delete(file());
        assertRefused("00000000000000000100.log is missing");
    }

    @Test
    void aBatchThatIsDamagedIsRefusedAlsoByItsOwnChecksum() throws Exception {
        byte[] bytes = Files.readAllBytes(file());
        bytes[bytes.length / 2] ^= 1;
        Files.write(file(), bytes);
        SettingException refused = assertThrows(SettingException.class, () -> {
            try (StoredRecords stored = new StoredRecords(List.of(file()))) {
                for (StoredRecord one = stored.next(); one != null; one = stored.next()) {
                    assertTrue(one.offset() >= 100);
                }
            }
        });
        assertTrue(refused.getMessage().contains("cannot be read"), refused::getMessage);
    }

    @Test
    void aManifestOfAnotherVersionIsRefused() throws Exception {
        Path manifest = folder.resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace("\"v\" : 1", "\"v\" : 2"));
        Files.delete(folder.resolve(Checksums.FILE));
        Checksums.write(folder, List.of(file(), manifest));
        assertRefused("has version 2, this reader knows 1");
    }

    @Test
    void aBackupThatWasBrokenOffIsRefusedAndBegunAnew() throws Exception {
        Files.delete(folder.resolve(Checksums.FILE));
        Files.writeString(folder.resolve("INCOMPLETE"), "");
        assertRefused("was broken off");
        BackupFolder.begin(folder).discard();
        assertFalse(Files.exists(file()));
    }

    @Test
    void aFolderWithSomethingElseIsLeftAlone() throws Exception {
        SettingException refused = assertThrows(SettingException.class, () -> BackupFolder.begin(folder));
        assertTrue(refused.getMessage().contains("it holds a backup"), refused::getMessage);
        assertTrue(Files.exists(file()));
        folder = temporary.resolve("none");
        assertRefused("there is no backup in");
    }
}
