/** The edge to the prompts topic: publishing in transactions, and reading back what stands there. */
@NullMarked
package io.millrace.producer.publish;

import org.jspecify.annotations.NullMarked;
