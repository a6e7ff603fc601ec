/** The generator worker: claim, slots, generate, reward, publish. */
@NullMarked
package io.millrace.worker;

import org.jspecify.annotations.NullMarked;
