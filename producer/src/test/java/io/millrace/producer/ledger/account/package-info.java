@NullMarked
package io.millrace.producer.ledger.account;

import org.jspecify.annotations.NullMarked;
