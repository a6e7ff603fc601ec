package io.millrace.common.cli;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;

/**
 * One command of the program.
 *
 * @param <T> its settings, a record of {@link Setting} components and nested such records
 */
public abstract class Command<T extends Record> {
    private final String name;
    private final String description;
    private final Class<T> settings;

    /**
     * @param name the word on the command line; a section of the settings file may carry it
     * @param description one line for the help
     */
    protected Command(String name, String description, Class<T> settings) {
        this.name = name;
        this.description = description;
        this.settings = settings;
    }

    public final String name() {
        return name;
    }

    public final String description() {
        return description;
    }

    public final Class<T> settings() {
        return settings;
    }

    /**
     * Runs until done.
     *
     * @return the exit code: 0 clean, 1 failed
     * @throws SettingException when settings prove impossible only now
     */
    public abstract int run(T settings) throws Exception;
}
