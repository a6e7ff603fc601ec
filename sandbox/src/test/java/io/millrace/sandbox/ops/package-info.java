/** Tests. */
@NullMarked
package io.millrace.sandbox.ops;

import org.jspecify.annotations.NullMarked;
