/** How many workers the run could use now: a signal for autoscalers. Pure. */
@NullMarked
package io.millrace.producer.scale;

import org.jspecify.annotations.NullMarked;
