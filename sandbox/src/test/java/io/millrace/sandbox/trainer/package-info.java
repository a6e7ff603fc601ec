/** Tests. */
@NullMarked
package io.millrace.sandbox.trainer;

import org.jspecify.annotations.NullMarked;
