/** The terminal screen of a run: {@link Panes} draws it from the view that the page has too, {@link TopCommand} shows it. */
@NullMarked
package io.millrace.ops.top;

import org.jspecify.annotations.NullMarked;
