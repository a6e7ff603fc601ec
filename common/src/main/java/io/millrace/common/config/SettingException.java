package io.millrace.common.config;

/** A setting that cannot be used; the message is one line that names the setting, its source and the allowed range. */
public final class SettingException extends RuntimeException {
    public SettingException(String message) {
        super(message);
    }

    /** @param cause what a later try may find gone, such as a broker that does not answer */
    public SettingException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A combination of settings that cannot work. */
    public static SettingException impossible(String names, String why) {
        return new SettingException(names + ": " + why);
    }
}
