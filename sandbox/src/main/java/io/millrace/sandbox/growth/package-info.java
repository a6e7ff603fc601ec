/** How the pure rooms' costs grow with what they hold, measured on the classes that run in production; nothing else runs. */
@NullMarked
package io.millrace.sandbox.growth;

import org.jspecify.annotations.NullMarked;
