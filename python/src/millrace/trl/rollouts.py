"""What TRL's trainer asks for samples, and what tells the run what became of them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from millrace.account import Account
from millrace.batch import Batch, Group
from millrace.client import Acknowledged, Client, Lease, NotYet
from millrace.transport import ConflictError, LeaseVoidError, MillraceError, ReplacedError
from millrace.trl.checkpoint import KEY, save, saved
from millrace.trl.samples import group_advantages, require_trainable, trl_sample

log = logging.getLogger(__name__)

WAIT = 5.0
"""Seconds of one request for a step."""
SAY = 30.0
"""Seconds between two lines about a step that is waited for."""
FIRST_VERSION = 1
"""What TRL calls the weights that it begins with."""
NO_LIMIT = 1 << 30
"""Of staleness, in versions: the trainer consumer has bounded it."""
METRICS_MAX = 1024

try:
    from transformers import TrainerCallback as Callback  # type: ignore[import-not-found]
except ImportError:  # where there is no TRL either

    class Callback:  # type: ignore[no-redef]
        pass


class Rollouts(Callback):  # type: ignore[misc, unused-ignore]
    """What AsyncGRPOTrainer takes as ``rollout_worker`` and, the same object, as one of its ``callbacks``.

    It leases steps ahead of training, as far as the trainer consumer's ``lease-ahead`` allows, and pushes their
    samples, each once. A step is acknowledged when the optimizer has stepped on all of its samples and the engines
    serve the weights that this led to, or at once where TRL sends none. What a checkpoint has is in it; a
    trainer that starts from it goes on there, and what came after it comes again.

    One for one call of ``trainer.train()``. On ranks other than the first it does nothing.

    :param url: the trainer consumer's
    :param patience: seconds that a server which is away is waited for
    :param resume_mode: what comes after an older checkpoint was loaded: ``replay``, the recorded batches again, or
        ``fresh``, new ones
    :param advantages: of a group's samples, used by TRL as they are
    :param acknowledged: called with each batch that is, and with the answer to that
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 600.0,
        resume_mode: str = "replay",
        advantages: Callable[[Group], Sequence[float]] = group_advantages,
        acknowledged: Callable[[Batch, Acknowledged], None] | None = None,
    ) -> None:
        self.client = Client(url, patience=patience)
        self.rollout_buffer: queue.Queue[Any] = queue.Queue()
        """As many samples as steps may be leased."""
        self.metrics_queue: queue.Queue[dict[str, float]] = queue.Queue(METRICS_MAX)
        self.next_version = FIRST_VERSION
        """What the weights that are sent next are called."""
        self._resume_mode = resume_mode
        self._advantages = advantages
        self._acknowledged = acknowledged
        self._run = ""
        self._token_budget = 0
        # What follows is read and written under this lock, by TRL's thread and by the feeder.
        self._changed = threading.Condition(threading.RLock())
        self._account = Account()
        self._step = 0
        """Is leased next."""
        self._settled = 0
        """Steps that were acknowledged or found void: what lets a lease be had that was refused."""
        self._refused: str | None = None
        """Why no further step can be leased before one is acknowledged."""
        self._label = 0
        """TRL's number of a version is so much less than its word."""
        self._checkpoint: int | None = None
        """The step at which the newest checkpoint resumes."""
        self._collated: deque[list[int]] = deque()
        """Micro-batches that were made and not trained yet: TRL pulls one ahead."""
        self._stepped: list[int] = []
        """Samples of the micro-batches since the last optimizer step."""
        self._failure: BaseException | None = None
        self._stopping = False
        self._alive_at = self._told_at = time.monotonic()
        self._feeder = threading.Thread(target=self._feed_all, name="millrace-rollouts", daemon=True)
        self._begun = False

    # What TRL calls of its rollout worker.

    def start(self) -> None:
        self._feeder.start()

    def stop(self) -> None:
        """What is leased and not trained stays leased: it is what the trainer that comes next is given."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._feeder.is_alive():
            self._feeder.join(2 * WAIT)
        if self._account.open:
            log.info("Millrace: %d leased steps were not trained, the next trainer gets them", self._account.open)

    def update_model_version(self, model_version: int) -> None:
        """All engines serve the weights that were sent."""
        with self._changed:
            word = self.next_version
            self._label = word - model_version
            self.next_version = word + 1
            self._settle(word)

    def check_health(self, stale_after_s: float) -> None:
        """TRL has waited for a sample in vain.

        :raises MillraceError: there is none to come
        """
        with self._changed:
            if self._failure is not None:
                raise MillraceError(f"no more rollouts: {self._failure}") from self._failure
            if self._refused is not None and self.rollout_buffer.empty():
                raise MillraceError(
                    "TRL waits for more samples than the leased steps have, and has trained none of them:"
                    f" {self._refused}. It pulls one micro-batch ahead of the optimizer step: the trainer consumer's"
                    " --lease-ahead must allow for all steps that these begin"
                )
            if time.monotonic() - self._alive_at > stale_after_s:
                raise MillraceError(f"the trainer consumer has not answered for {stale_after_s:g} s")

    # What TRL calls of its callbacks.

    def on_init_end(self, args: Any, *_: Any, **__: Any) -> None:
        """TRL's own limit would drop samples without a word: the trainer consumer's is the one that holds."""
        if getattr(args, "max_staleness", NO_LIMIT) < NO_LIMIT:
            log.info("Millrace: max_staleness is the trainer consumer's --max-staleness, TRL's own is off")
            args.max_staleness = NO_LIMIT

    def on_train_begin(self, args: Any, state: Any, _control: Any, train_dataloader: Any = None, **_: Any) -> None:
        if not state.is_world_process_zero:
            return
        if self._begun:
            raise MillraceError("this Rollouts was trained with: TRL's trainer trains once, make both anew")
        self._begun = True
        self._token_budget = max(getattr(args, "token_budget", 0) or 0, 0)
        self._watch(train_dataloader)
        with self._changed:
            self._begin(state)

    def on_substep_end(self, _args: Any, state: Any, *_: Any, **__: Any) -> None:
        if state.is_world_process_zero:
            with self._changed:
                self._stepped += self._collated.popleft()

    def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """The optimizer has stepped. A checkpoint of now, which TRL makes after weights are sent, has this."""
        if not state.is_world_process_zero:
            return
        with self._changed:
            self._stepped += self._collated.popleft()
            self._account.train(self._stepped)
            self._stepped = []
            save(state, self._run, self._account, self._step, self.next_version)
            if state.global_step % getattr(args, "weight_sync_steps", 1):
                # No weights are sent now, and the next samples are asked for before the next step begins.
                self._settle(None)

    def on_save(self, _args: Any, state: Any, *_: Any, **__: Any) -> None:
        if state.is_world_process_zero and KEY in state.stateful_callbacks:
            with self._changed:
                self._checkpoint = int(state.stateful_callbacks[KEY]["step"])

    # The run.

    def _begin(self, state: Any) -> None:
        """Brings the run to the checkpoint that was loaded, or to its first step."""
        status = self.client.status()
        self._run = str(status["run"])
        due = int(status["next_step"])
        step, trained = 0, set[int]()
        checkpoint = saved(state, self._run, due)
        if checkpoint is not None:
            self.next_version = int(checkpoint["weight_version"])
            due, trained = self._acknowledge_again(checkpoint, due, int(status["weight_version"]))
            # Below it only where a step was leased anew after it was trained.
            step = min(int(checkpoint["step"]), due)
            self._checkpoint = step
        began = due or status["leased"] or status["lineage"] or status["weight_version"]
        if began:
            resumed = self.client.resume(step, mode=self._resume_mode, weight_version=self.next_version)
            log.warning(
                "Millrace: lineage %d begins at step %d; steps before %d are those that were recorded",
                resumed.lineage,
                resumed.next_step,
                resumed.replay_before,
            )
        self._account = Account(trained)
        self._step = step

    def _acknowledge_again(self, checkpoint: dict[str, Any], due: int, version: int) -> tuple[int, set[int]]:
        """The checkpoint has steps whose acknowledgement its trainer did not live to make.

        :return: the step that is due then, and the samples that the checkpoint has of steps that come again
        """
        trained = set[int]()
        for entry in checkpoint["open"]:
            number = int(entry["step"])
            if entry["whole"] and number < due:
                continue
            leased = self.client.lease(wait=0.0, step=number) if entry["whole"] and number == due else None
            if isinstance(leased, Lease) and leased.token == entry["lease"]:
                version += 1
                self.client.ack(self.client.fetch(leased), weight_version=version)
                due = number + 1
                log.warning("Millrace: step %d, trained before the restart, is in the checkpoint", number)
            else:
                trained.update(int(index) for index in entry["trained"])
        return due, trained

    def _settle(self, word: int | None) -> None:
        """Acknowledges what is trained, the last of it with the version that all engines serve."""
        with self._changed:
            told = word is None
            due = self._account.due()
            for batch in due:
                last = batch is due[-1]
                checkpoint = None if self._checkpoint is None else min(self._checkpoint, batch.step + 1)
                self._settled += 1
                try:
                    answer = self.client.ack(batch, word if last else None, checkpoint)
                except LeaseVoidError as e:
                    log.warning("Millrace: step %d is leased anew: %s", batch.step, e)
                    self._account.void()
                    self._step = batch.step
                    break
                told = told or last
                self._account.acknowledged(batch)
                if self._acknowledged is not None:
                    self._acknowledged(batch, answer)
            if not told:
                self.client.ready(word)
            if due:
                self._refused = None
                self._changed.notify_all()

    # The feeder.

    def _feed_all(self) -> None:
        try:
            while not self._stopping:
                self._feed()
        except BaseException as e:
            log.exception("Millrace: no more rollouts")
            self._failure = e

    def _feed(self) -> None:
        with self._changed:
            step, settled = self._step, self._settled
        begun = time.monotonic()
        try:
            leased = self.client.lease(wait=WAIT, step=step)
            self._alive_at = time.monotonic()
            if isinstance(leased, NotYet):
                self._say(leased)
                return
            batch = self.client.fetch(leased)
        except ReplacedError:
            raise
        except LeaseVoidError:
            return
        except ConflictError as e:
            with self._changed:
                if not self._account.open and self._settled == settled:
                    raise
                if self._settled == settled:
                    self._refused = str(e)
                self._changed.wait_for(lambda: self._settled != settled or self._stopping, timeout=WAIT)
            self._alive_at = time.monotonic()
            return
        for warning in leased.warnings:
            log.warning("Millrace: %s", warning)
        with self._changed:
            if self._step == step:
                self._hand_out(batch, time.monotonic() - begun)

    def _say(self, waits: NotYet) -> None:
        if time.monotonic() - self._told_at > SAY:
            self._told_at = time.monotonic()
            log.info(
                "Millrace: step %d has %d of %d groups, waits for %s",
                waits.step,
                waits.have,
                waits.need,
                waits.waiting_for,
            )

    def _hand_out(self, batch: Batch, waited: float) -> None:
        self._step = batch.step + 1
        advantages = dict[int, Sequence[float]]()
        for group, place in self._account.hand_out(batch):
            if group.index not in advantages:
                require_trainable(group, self._token_budget)
                advantages[group.index] = self._advantages(group)
            advantage = float(advantages[group.index][place])
            self.rollout_buffer.put(trl_sample(batch, group, place, advantage, self._label))
        figures = {"millrace/step": float(batch.step), "millrace/lineage": float(batch.lineage)}
        figures |= {"millrace/lease_seconds": waited, "millrace/steps_out": float(self._account.open)}
        try:
            self.metrics_queue.put_nowait(figures)
        except queue.Full:
            log.debug("Millrace: TRL takes no figures")
        # Of a step that comes again the checkpoint may have all.
        self._settle(None)

    def _watch(self, loader: Any) -> None:
        """Learns which samples each micro-batch has: they are trained in the order in which they are collated."""
        base = getattr(loader, "base_dataloader", loader)
        collate = base.collate_fn

        def watched(examples: list[Any]) -> Any:
            batch = collate(examples)
            self._collate([sample["metrics"].index for rows in examples for row in rows for sample in row.samples])
            return batch

        base.collate_fn = watched

    def _collate(self, samples: list[int]) -> None:
        with self._changed:
            passed = self._account.taken(samples)
            if passed:
                raise MillraceError(
                    f"TRL has dropped {len(passed)} samples, {passed[:8]} first: their step would never be trained"
                    " whole. token_budget must be at least the longest prompt and response"
                )
            self._collated.append(samples)
