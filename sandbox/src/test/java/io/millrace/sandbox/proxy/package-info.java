/** Tests. */
@NullMarked
package io.millrace.sandbox.proxy;

import org.jspecify.annotations.NullMarked;
