package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;

/**
 * A rollout group is larger than the group limit, or than any blob can be. Generating it again would not help much, so
 * the attempt fails loudly with this message.
 */
public final class GroupTooLargeException extends BlobTooLargeException {
    private static final long serialVersionUID = 1;

    public GroupTooLargeException(GroupIndex group, long sizeBytes, long limitBytes) {
        super("group " + group, sizeBytes, limitBytes);
    }

    GroupTooLargeException(GroupIndex group, BlobTooLargeException cause) {
        super("group " + group + ": " + cause.getMessage(), cause);
    }
}
