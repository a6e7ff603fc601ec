/** A trainer that trains nothing: it takes batches over HTTP as a real one does, checks them, waits, acknowledges. */
@NullMarked
package io.millrace.sandbox.trainer;

import org.jspecify.annotations.NullMarked;
