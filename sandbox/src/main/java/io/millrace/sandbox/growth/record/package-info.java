/** Records with what a measurement needs, and little else. */
@NullMarked
package io.millrace.sandbox.growth.record;

import org.jspecify.annotations.NullMarked;
