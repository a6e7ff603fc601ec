package io.millrace.common.config;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Settings that are URLs of servers. */
public final class HttpAddress {
    private HttpAddress() {}

    /**
     * @param flag of the setting, for the message
     * @param text null where the setting is unset, which is fine
     * @throws SettingException when it is no http or https URL with a host
     */
    public static void require(String flag, @Nullable String text) {
        if (text == null) {
            return;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        try {
            if ((lower.startsWith("http://") || lower.startsWith("https://"))
                    && URI.create(text).getHost() != null) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // Told below, with what it must be.
        }
        throw new SettingException(flag + " must be an http or https URL, was '" + text + "'");
    }
}
