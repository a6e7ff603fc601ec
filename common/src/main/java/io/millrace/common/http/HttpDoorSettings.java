package io.millrace.common.http;

import io.millrace.common.config.Setting;
import io.millrace.common.http.lock.LockSettings;
import io.millrace.common.http.lock.TlsSettings;
import java.util.List;

/**
 * Whom a process's HTTP server answers, and how.
 *
 * @param allowedHosts further names, or suffixes that begin with a dot; lower case or not
 */
public record HttpDoorSettings(
        @Setting(
                defaultValue = "",
                help = "Names that requests may call this server by, besides addresses, names without a dot and"
                        + " localhost: trainer.example.com, or .example.com for all below it; also web pages of these"
                        + " names may call it; repeat it or separate by commas")
        List<String> allowedHosts,

        LockSettings lock,
        TlsSettings tls) {
    /** For whoever needs none by name. */
    public static final HttpDoorSettings DEFAULTS = answering(List.of());

    /** Without token and certificate. */
    public static HttpDoorSettings answering(List<String> allowedHosts) {
        return new HttpDoorSettings(allowedHosts, LockSettings.NONE, TlsSettings.NONE);
    }

    public HttpDoorSettings {
        allowedHosts = List.copyOf(allowedHosts);
        for (String host : allowedHosts) {
            if (!AllowedHosts.isPattern(host)) {
                throw new IllegalArgumentException("--allowed-hosts must be names such as trainer.example.com or"
                        + " .example.com, without scheme and port, was '" + host + "'");
            }
        }
    }
}
