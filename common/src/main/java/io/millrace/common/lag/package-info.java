/** How far a run's stages are behind, told in the way that every Kafka tool reads: offsets committed under classic groups. */
@NullMarked
package io.millrace.common.lag;

import org.jspecify.annotations.NullMarked;
