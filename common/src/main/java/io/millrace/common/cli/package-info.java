/** Commands and programs of them: what a user types, and which exit code comes of it. */
@NullMarked
package io.millrace.common.cli;

import org.jspecify.annotations.NullMarked;
