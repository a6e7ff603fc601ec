/** What each role may do with a run's topics and groups, and how a process that makes no run comes to one that is there. */
@NullMarked
package io.millrace.common.access;

import org.jspecify.annotations.NullMarked;
