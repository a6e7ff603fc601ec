/** Tests. */
@NullMarked
package io.millrace.sandbox.demo;

import org.jspecify.annotations.NullMarked;
