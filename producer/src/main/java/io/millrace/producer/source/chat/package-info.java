/** How chat messages of rows are read, and become what an engine gets. No thread, clock or client. */
@NullMarked
package io.millrace.producer.source.chat;

import org.jspecify.annotations.NullMarked;
