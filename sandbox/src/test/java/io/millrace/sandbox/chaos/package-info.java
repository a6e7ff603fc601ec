/** Tests. */
@NullMarked
package io.millrace.sandbox.chaos;

import org.jspecify.annotations.NullMarked;
