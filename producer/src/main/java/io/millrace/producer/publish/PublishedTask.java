package io.millrace.producer.publish;

import io.millrace.common.record.TrainingTask;

/**
 * A task that stands on the prompts topic, committed.
 *
 * @param offset its offset there
 */
public record PublishedTask(TrainingTask task, long offset) {}
