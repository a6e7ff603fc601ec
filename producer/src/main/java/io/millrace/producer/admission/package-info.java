/** How many groups may be published now. Pure: no thread, client or clock. */
@NullMarked
package io.millrace.producer.admission;

import org.jspecify.annotations.NullMarked;
