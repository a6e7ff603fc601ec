/** What the commands ask a cluster alike: clients, whether a run is there, who works in it. */
@NullMarked
package io.millrace.ops.cluster;

import org.jspecify.annotations.NullMarked;
