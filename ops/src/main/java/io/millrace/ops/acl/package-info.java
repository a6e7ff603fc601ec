/** The rights that a run's roles need at the broker, shown, granted and revoked. */
@NullMarked
package io.millrace.ops.acl;

import org.jspecify.annotations.NullMarked;
