/** The trainer consumer: settings, command and wiring. */
@NullMarked
package io.millrace.trainer;

import org.jspecify.annotations.NullMarked;
