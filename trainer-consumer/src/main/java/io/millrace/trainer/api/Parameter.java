package io.millrace.trainer.api;

import tools.jackson.databind.node.ObjectNode;

/**
 * A value in the address.
 *
 * @param required always, where it is part of the path
 */
public record Parameter(String name, Place in, boolean required, ObjectNode schema, String description) {
    /** Where it stands. */
    public enum Place {
        PATH,
        QUERY
    }
}
