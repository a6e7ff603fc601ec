package io.millrace.sandbox.broker;

import io.millrace.common.config.SettingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One controller of a quorum: {@code id@host:port}. */
record QuorumVoter(int nodeId, String host, int port) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})@([^@:]+):([0-9]{1,5})");

    /** @throws SettingException when the text is no voter */
    static QuorumVoter parse(String text) {
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            int port = Integer.parseInt(form.group(3));
            if (port >= 1 && port <= 65_535) {
                return new QuorumVoter(Integer.parseInt(form.group(1)), form.group(2), port);
            }
        }
        throw new SettingException("--quorum must be id@host:port, was '" + text + "'");
    }
}
