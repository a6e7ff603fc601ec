package io.millrace.common.http.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.Secret;
import io.millrace.common.config.SettingException;
import io.millrace.common.testing.ManualTicker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocksTest {
    private static final String FULL = "full-token-0123456789";
    private static final String READ = "read-token-0123456789";

    private static Locks locks(LockSettings settings) {
        return Locks.of(settings, "127.0.0.1", "--ops-host");
    }

    private static LockSettings secrets(@Nullable String full, @Nullable String read, boolean insecure) {
        return new LockSettings(
                null, full == null ? null : new Secret(full), null, read == null ? null : new Secret(read), insecure);
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static String refusal(LockSettings settings, String host) {
        return assertThrows(SettingException.class, () -> Locks.of(settings, host, "--ops-host"))
                .getMessage();
    }

    @Test
    void eachTokenOpensWhatItIsFor() {
        Locks locks = locks(secrets(FULL, READ, false));
        assertEquals(Access.FULL, locks.access(List.of("Bearer " + FULL)));
        assertEquals(Access.FULL, locks.access(List.of("bearer  " + FULL)));
        assertEquals(Access.READ, locks.access(List.of("Bearer " + READ)));
        // What a browser adds by itself changes nothing.
        assertEquals(Access.READ, locks.access(List.of(basic("anybody:" + FULL))));
        assertEquals(Access.READ, locks.access(List.of(basic(":" + READ))));
    }

    @Test
    void whatIsNoTokenOpensNothing() {
        Locks locks = locks(secrets(FULL, READ, false));
        assertEquals(Access.NONE, locks.access(List.of()));
        assertEquals(Access.NONE, locks.access(List.of("Bearer " + FULL, "Bearer " + FULL)));
        for (String header : List.of(
                "",
                "Bearer",
                "Bearer ",
                FULL,
                "Bearer " + FULL + "0",
                "Bearer " + FULL.substring(1),
                "Bearer " + FULL.toUpperCase(java.util.Locale.ROOT),
                "Token " + FULL,
                "Basic " + FULL,
                "Basic !",
                basic(FULL + ":"),
                basic("a:b"))) {
            assertEquals(Access.NONE, locks.access(List.of(header)), header);
        }
    }

    @Test
    void withoutTokensEverybodyMayDoEverything() {
        assertFalse(Locks.OPEN.locked());
        assertEquals(Access.FULL, locks(LockSettings.NONE).access(List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
    void beyondLoopbackATokenIsNeededOrTheWordThatNoneIs(String host) {
        assertEquals(
                "--ops-host: on " + host + " other machines may call, and no token is asked for: give"
                        + " --api-token-file (MILLRACE_API_TOKEN), or --insecure-no-token true where the network lets in"
                        + " nobody else",
                refusal(LockSettings.NONE, host));
        assertTrue(Locks.of(secrets(FULL, null, false), host, "--ops-host").locked());
        assertFalse(Locks.of(secrets(null, null, true), host, "--ops-host").locked());
        // The word is for those who have none; with one it is asked for.
        assertTrue(Locks.of(secrets(FULL, null, true), host, "--ops-host").locked());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "localhost", "::1"})
    void onLoopbackNoneIsNeeded(String host) {
        assertFalse(Locks.of(LockSettings.NONE, host, "--ops-host").locked());
    }

    @Test
    void aReadTokenAloneGuardsNothing() {
        assertTrue(refusal(secrets(null, READ, true), "127.0.0.1").startsWith("--read-token-file: "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "with space 0123456789", "ünicode-0123456789ab", "quote\"0123456789abc"})
    void aTokenOfNoFormIsRefusedWithoutAWordOfIt(String token) {
        String message = refusal(secrets(token, null, false), "127.0.0.1");
        assertEquals(
                "--api-token: token 1 of 1 must have 16 to 512 of the characters A-Z a-z 0-9 . _ ~ + / -", message);
        assertEquals("[hidden]", String.valueOf(new Secret(token)));
        assertFalse(secrets(token, token, false).toString().contains(token));
    }

    @Test
    void aFileMayHoldSeveralAndIsReadAnew(@TempDir Path folder) throws Exception {
        Path path = Files.writeString(folder.resolve("tokens"), "# the old one\n" + FULL + "\n\n" + READ + "  \n");
        ManualTicker ticker = new ManualTicker();
        TokenFile file = new TokenFile("--api-token-file", path, ticker);
        assertTrue(file.tokens().has(FULL));
        assertTrue(file.tokens().has(READ));
        assertFalse(file.tokens().has("# the old one"));

        Files.writeString(path, "new-token-0123456789-and-more\n");
        assertTrue(file.tokens().has(FULL));
        ticker.advance(Duration.ofSeconds(1));
        assertFalse(file.tokens().has(FULL));
        assertTrue(file.tokens().has("new-token-0123456789-and-more"));

        Files.writeString(path, "bad\n");
        ticker.advance(Duration.ofSeconds(1));
        assertTrue(file.tokens().has("new-token-0123456789-and-more"));
        Files.delete(path);
        ticker.advance(Duration.ofSeconds(1));
        assertTrue(file.tokens().has("new-token-0123456789-and-more"));
    }

    @Test
    void aFileThatGivesNoTokenIsRefused(@TempDir Path folder) throws Exception {
        Path missing = folder.resolve("missing");
        assertEquals(
                "--api-token-file " + missing + " cannot be read: NoSuchFileException",
                refusal(new LockSettings(missing, null, null, null, false), "127.0.0.1"));
        Path empty = Files.writeString(folder.resolve("empty"), "# nothing\n\n");
        assertEquals(
                "--api-token-file " + empty + " has no token; one stands on each line",
                refusal(new LockSettings(empty, null, null, null, false), "127.0.0.1"));
        Path bad = Files.writeString(folder.resolve("bad"), FULL + "\nhunter2\n");
        assertEquals(
                "--read-token-file " + bad + ": token 2 of 2 must have 16 to 512 of the characters A-Z a-z 0-9 . _ ~ +"
                        + " / -",
                refusal(new LockSettings(null, null, bad, null, false), "127.0.0.1"));
    }
}
