/** The page that shows a run to people, served over HTTP. */
@NullMarked
package io.millrace.trainer.page;

import org.jspecify.annotations.NullMarked;
