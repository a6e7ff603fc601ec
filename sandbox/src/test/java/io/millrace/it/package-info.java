/** Integration tests: the promises that need a real broker, and the broker they share. */
@NullMarked
package io.millrace.it;

import org.jspecify.annotations.NullMarked;
