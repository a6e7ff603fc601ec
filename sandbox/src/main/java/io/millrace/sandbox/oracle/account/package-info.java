/** What topics, the trainer's journal and the engines' ledgers hold, each read and counted by itself. */
@NullMarked
package io.millrace.sandbox.oracle.account;

import org.jspecify.annotations.NullMarked;
