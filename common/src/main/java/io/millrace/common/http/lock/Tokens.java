package io.millrace.common.http.lock;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tokens of one kind. Kept as digests and compared whole, each with each, so that the time of an answer tells nothing of
 * how much of a token was right (CWE-208). Immutable.
 */
final class Tokens {
    static final Tokens NONE = new Tokens(List.of());

    /** Most at once; each costs every request a comparison. */
    static final int COUNT_MAX = 64;

    /** What RFC 6750 lets a bearer token be; shorter ones can be guessed. */
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._~+/-]{16,512}=*");

    static final String FORM_IN_WORDS = "16 to 512 of the characters A-Z a-z 0-9 . _ ~ + / -";

    private final List<byte[]> digests;

    private Tokens(List<byte[]> digests) {
        this.digests = digests;
    }

    /** @throws IllegalArgumentException saying what is wrong, without the text */
    static Tokens of(List<String> texts) {
        if (texts.size() > COUNT_MAX) {
            throw new IllegalArgumentException("has " + texts.size() + " tokens, at most " + COUNT_MAX + " are taken");
        }
        for (int i = 0; i < texts.size(); i++) {
            if (!FORM.matcher(texts.get(i)).matches()) {
                throw new IllegalArgumentException(
                        "token " + (i + 1) + " of " + texts.size() + " must have " + FORM_IN_WORDS);
            }
        }
        return new Tokens(texts.stream().map(Tokens::digest).toList());
    }

    Tokens and(Tokens others) {
        return new Tokens(
                Stream.concat(digests.stream(), others.digests.stream()).toList());
    }

    boolean isEmpty() {
        return digests.isEmpty();
    }

    boolean has(String text) {
        byte[] digest = digest(text);
        boolean found = false;
        for (byte[] known : digests) {
            found |= MessageDigest.isEqual(known, digest);
        }
        return found;
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
