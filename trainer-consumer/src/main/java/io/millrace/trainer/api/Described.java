package io.millrace.trainer.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a request's or an answer's record, or a component of one, means, for the document and for who leaves it out. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface Described {
    String value();

    /** Further keys of its schema, as a JSON object: its range, or what goes with what. */
    String schema() default "{}";
}
