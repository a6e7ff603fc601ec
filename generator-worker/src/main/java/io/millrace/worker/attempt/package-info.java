/**
 * One attempt of a group as this worker knows it: its samples as they grow, when it is over, and the group that they make.
 * Pure: no lock, no thread, no client; times are given.
 */
@NullMarked
package io.millrace.worker.attempt;

import org.jspecify.annotations.NullMarked;
