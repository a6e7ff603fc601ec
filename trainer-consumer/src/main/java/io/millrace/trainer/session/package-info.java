/** A run as it was read from its topics, and the clients that go on with it, until one of them fails. */
@NullMarked
package io.millrace.trainer.session;

import org.jspecify.annotations.NullMarked;
