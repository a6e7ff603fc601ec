/** Tests. */
@NullMarked
package io.millrace.sandbox.cluster;

import org.jspecify.annotations.NullMarked;
