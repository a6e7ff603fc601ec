package io.millrace.sandbox.broker;

import io.millrace.common.config.SettingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A further port of a broker that something else leads to: {@code port:advertised-port}. Clients that come through it are
 * told the advertised port, so that all their connections go that way.
 */
record ProxiedListener(int port, int advertisedPort) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,5}):([0-9]{1,5})");

    /** @throws SettingException when the text is no pair of ports */
    static ProxiedListener parse(String text) {
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            ProxiedListener listener =
                    new ProxiedListener(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
            if (isPort(listener.port) && isPort(listener.advertisedPort)) {
                return listener;
            }
        }
        throw new SettingException("--proxied-listener must be port:advertised-port, was '" + text + "'");
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65_535;
    }
}
