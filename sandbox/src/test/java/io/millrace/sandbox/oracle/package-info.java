/** Tests. */
@NullMarked
package io.millrace.sandbox.oracle;

import org.jspecify.annotations.NullMarked;
