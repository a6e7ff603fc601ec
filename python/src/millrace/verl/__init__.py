"""verl's queue between rollouter and trainer (0.9.1, fully-async policy): full means wait, and groups of a run come in.

    source = Source("http://127.0.0.1:9400", required_samples=64)
    actor = ray.remote(num_cpus=2, max_concurrency=20)(MessageQueue).remote(config, max_queue_size, source)
    client = MessageQueueClient(actor)

in the place of verl's own two. Without Ray, in one process: ``MessageQueueClient(Local(MessageQueue(config, 100)))``.
"""

from millrace.verl.client import Local, MessageQueueClient
from millrace.verl.queue import MessageQueue
from millrace.verl.run import Source
from millrace.verl.samples import RolloutSamples, plain_sample

__all__ = ["Local", "MessageQueue", "MessageQueueClient", "RolloutSamples", "Source", "plain_sample"]
