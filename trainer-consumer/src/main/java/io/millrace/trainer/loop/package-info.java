/** The one owner of the session: it answers what is asked, and says how the run stands. */
@NullMarked
package io.millrace.trainer.loop;

import org.jspecify.annotations.NullMarked;
