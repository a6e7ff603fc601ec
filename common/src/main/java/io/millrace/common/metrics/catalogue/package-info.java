/**
 * Every metric of our own, declared once: name, kind, unit, labels and meaning. A constant of {@link
 * io.millrace.common.metrics.catalogue.WorkerMetric} and its like is the only way to register one; docs/METRICS.md is
 * written from them.
 */
@NullMarked
package io.millrace.common.metrics.catalogue;

import org.jspecify.annotations.NullMarked;
