/** Tests. */
@NullMarked
package io.millrace.sandbox.clock;

import org.jspecify.annotations.NullMarked;
