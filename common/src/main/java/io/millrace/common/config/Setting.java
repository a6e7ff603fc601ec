package io.millrace.common.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares one setting on a component of a settings record. The one declaration gives the flag {@code --name}, the
 * environment variable {@code MILLRACE_NAME}, the YAML key {@code name}, the help text, the range check and the line in
 * docs/OPERATIONS.md.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** Lower-case words joined by dashes. */
    String name();

    /** What it does, one sentence without a full stop. */
    String help();

    /** What a number counts, such as {@code samples}. */
    String unit() default "";

    /** The default as a user would write it; {@link #NONE} for null, {@link #REQUIRED} when there is none. */
    String defaultValue();

    /** Smallest value allowed, as a user would write it; empty for no limit. Inclusive. */
    String min() default "";

    /** Largest value allowed, as a user would write it; empty for no limit. Inclusive. */
    String max() default "";

    /** The user must give a value. */
    String REQUIRED = "\0required";

    /** Unset; the component must be {@code @Nullable}. */
    String NONE = "\0none";
}
