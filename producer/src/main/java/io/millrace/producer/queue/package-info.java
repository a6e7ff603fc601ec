/** What the broker says of the prompts lanes and of the share groups that claim from them; asked, and never waited for in a turn. */
@NullMarked
package io.millrace.producer.queue;

import org.jspecify.annotations.NullMarked;
