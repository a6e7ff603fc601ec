/** A TCP proxy whose links can be made to fail in chosen ways while connections run. */
@NullMarked
package io.millrace.sandbox.proxy;

import org.jspecify.annotations.NullMarked;
