/** The producer process: prompt source, admission, publishing and the ledger, wired together. */
@NullMarked
package io.millrace.producer;

import org.jspecify.annotations.NullMarked;
