package io.millrace.common.access;

import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * One operation on one of the broker's resources, or on all whose names begin alike.
 *
 * @param name of the resource; what the names begin with where it is prefixed
 * @param why it is needed, a few words for people
 */
public record Right(ResourceType type, String name, boolean prefixed, AclOperation operation, String why) {
    private static final String ANY_HOST = "*";

    /** One resource. */
    static Right of(ResourceType type, String name, AclOperation operation, String why) {
        return new Right(type, name, false, operation, why);
    }

    /** All of a kind that belong to a run. */
    static Right all(ResourceType type, String prefix, AclOperation operation, String why) {
        return new Right(type, prefix, true, operation, why);
    }

    /**
     * As the broker keeps it.
     *
     * @param principal as the broker calls who may, {@code User:name}
     */
    public AclBinding binding(String principal) {
        return new AclBinding(
                new ResourcePattern(type, name, prefixed ? PatternType.PREFIXED : PatternType.LITERAL),
                new AccessControlEntry(principal, ANY_HOST, operation, AclPermissionType.ALLOW));
    }

    /** Whether it covers a resource of its type. */
    boolean covers(ResourceType otherType, String resource) {
        return otherType == type && (prefixed ? resource.startsWith(name) : resource.equals(name));
    }
}
