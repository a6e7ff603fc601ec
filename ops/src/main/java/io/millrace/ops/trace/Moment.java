package io.millrace.ops.trace;

/**
 * Something that happened to a group.
 *
 * @param atMs by the broker's clock, milliseconds since 1970
 * @param who did it: a role, or a worker by name
 */
record Moment(long atMs, String who, String what) {}
