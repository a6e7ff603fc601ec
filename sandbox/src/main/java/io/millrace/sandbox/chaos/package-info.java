/** Kills, freezes and cuts off the processes of a real run on a seeded schedule, and has it judged at the end. */
@NullMarked
package io.millrace.sandbox.chaos;

import org.jspecify.annotations.NullMarked;
