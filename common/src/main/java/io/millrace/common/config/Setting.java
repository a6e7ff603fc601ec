package io.millrace.common.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares one setting on a component of a settings record. The one declaration gives the flag {@code --name}, the
 * environment variable {@code MILLRACE_NAME}, the YAML key {@code name}, the help text, the range check and the line in
 * docs/SETTINGS.md.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** Lower-case words joined by dashes; left out where they are the component's own, {@code eval-share} of evalShare. */
    String name() default "";

    /** What it does, one sentence without a full stop. */
    String help();

    /** The default as a user would write it; {@link #NONE} for null, {@link #REQUIRED} when there is none. */
    String defaultValue() default NONE;

    /**
     * What is allowed, and what a number counts, as people read it: {@code 1 to 65536 samples}, {@code 0 or more}, {@code
     * at most 5m}, or the unit alone. Bounds are inclusive; empty where any value of the type will do.
     */
    String range() default "";

    /** On a nested settings record: defaults of its settings that differ here, such as {@code "slots=16"}. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    @interface Preset {
        String[] value();
    }

    /** The user must give a value. */
    String REQUIRED = "\0required";

    /** Unset; the component must be {@code @Nullable}. */
    String NONE = "\0none";
}
