package io.millrace.common.config;

/**
 * One command of the program.
 *
 * @param <T> its settings, a record of {@link Setting} components and nested such records
 */
public interface Command<T extends Record> {
    /** The word on the command line; a section of the settings file may carry it. */
    String name();

    /** One line for the help. */
    String description();

    Class<T> settings();

    /**
     * Runs until done.
     *
     * @return the exit code: 0 clean, 1 failed
     * @throws SettingException when settings prove impossible only now
     */
    int run(T settings) throws Exception;
}
