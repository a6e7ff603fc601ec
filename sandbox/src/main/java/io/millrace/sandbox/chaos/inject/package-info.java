/** Each kind of fault as it is done, watched and undone. */
@NullMarked
package io.millrace.sandbox.chaos.inject;

import org.jspecify.annotations.NullMarked;
