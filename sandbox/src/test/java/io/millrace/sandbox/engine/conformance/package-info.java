/** What every engine must do for a worker, asked of each through the client that workers have. */
@NullMarked
package io.millrace.sandbox.engine.conformance;

import org.jspecify.annotations.NullMarked;
