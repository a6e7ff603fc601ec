/** What a process writes on standard error: the form of its lines, and what may never stand in one. */
@NullMarked
package io.millrace.common.log;

import org.jspecify.annotations.NullMarked;
