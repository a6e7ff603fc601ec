/** What the stand-in's HTTP server has in every dialect: reading and answering, faults on demand, the ledger. */
@NullMarked
package io.millrace.sandbox.engine.http;

import org.jspecify.annotations.NullMarked;
