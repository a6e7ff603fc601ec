"""Batches from Millrace: whole, each until it is acknowledged."""

import millrace
from rollouts import Batch, Rollout


class MillraceSource:
    """The trainer's side of a run. Used by one thread.

    Weights are saved before a batch is acknowledged, with the batch's name: a trainer that died between the two finds
    the batch again, sees that it has trained it, and acknowledges it.
    """

    def __init__(self, url: str) -> None:
        self.client = millrace.Client(url)
        self.batches = millrace.Batches(self.client, waiting=self._say, wait=10.0)
        self.said = ""

    def begin(self, version: int, trained: str) -> None:
        policy = self.client.policy()
        if policy.weight_version == version and policy.state == "ready":
            return
        open_step = self.client.lease(wait=0.0)
        if isinstance(open_step, millrace.Lease) and open_step.token == trained:
            return  # its acknowledgement will say so
        try:
            self.client.ready(version)
        except millrace.ConflictError:
            # A checkpoint of another run: too far ahead for a count.
            self.client.resume(self.client.status()["next_step"], weight_version=version)
            self.client.ready(version)

    def next(self) -> Batch:
        batch = self.batches.next()
        rollouts = [
            Rollout(
                group=group.index,
                prompt=list(sample.prompt),
                response=list(sample.response_tokens),
                log_probs=list(sample.log_probs),
                loss_mask=list(sample.loss_mask),
                spans=[(span.version, span.start, span.end) for span in sample.spans],
                reward=sample.reward,
            )
            for group in batch.groups
            for sample in group.samples
        ]
        return Batch(batch.lease, batch.lineage, batch.step, batch.weight_version, rollouts)

    def updating(self) -> None:
        self.client.updating()

    def trained(self, version: int) -> None:
        if self.batches.ack(weight_version=version) is None:
            # The step was leased anew: its training does not count, and engines serve these weights all the same.
            self.client.ready(version)

    def _say(self, waits: millrace.NotYet) -> None:
        if waits.waiting_for != self.said:
            print(f"step {waits.step} has {waits.have} of {waits.need} groups: {waits.waiting_for}", flush=True)
            self.said = waits.waiting_for
