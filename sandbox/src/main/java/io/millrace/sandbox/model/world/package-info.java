/** One state of the whole, what may happen in it, and what must hold. */
@NullMarked
package io.millrace.sandbox.model.world;

import org.jspecify.annotations.NullMarked;
