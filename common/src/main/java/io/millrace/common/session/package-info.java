/**
 * A run in one process's hands: who has it, sessions that are read from its topics and thrown away when a client fails,
 * and which failures that helps.
 */
@NullMarked
package io.millrace.common.session;

import org.jspecify.annotations.NullMarked;
