/** Tests of the stand-in engine. */
@NullMarked
package io.millrace.sandbox.engine;

import org.jspecify.annotations.NullMarked;
