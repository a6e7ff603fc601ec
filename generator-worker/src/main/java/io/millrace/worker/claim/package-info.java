/** Taking groups from the prompts lanes. */
@NullMarked
package io.millrace.worker.claim;

import org.jspecify.annotations.NullMarked;
