/** What the trainer says of its weights, what that means, and the policy that comes of it. Pure. */
@NullMarked
package io.millrace.trainer.policy;

import org.jspecify.annotations.NullMarked;
