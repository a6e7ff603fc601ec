"""A plain loop over batches."""

from collections.abc import Callable, Iterator

from millrace.batch import Batch
from millrace.client import Acknowledged, Client, NotYet
from millrace.transport import LeaseVoidError, MillraceError


class Batches:
    """The batches that are due, one after the other, each until it is acknowledged:

        batches = Batches(Client(url))
        for batch in batches:
            ...
            batches.ack(weight_version=batch.weight_version + 1)

    What was not acknowledged comes again, to this trainer or to the one that is started in its place. Used by one
    thread.

    :param waiting: called now and then while the next step is not full
    """

    def __init__(self, client: Client, waiting: Callable[[NotYet], None] | None = None, wait: float = 30.0) -> None:
        self.client = client
        self.waiting = waiting
        self.wait = wait
        self.void = 0
        """Batches whose step was leased anew, so that their training did not count."""
        self._open: Batch | None = None

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self.next()

    def next(self) -> Batch:
        """:raises MillraceError: when the one before was not acknowledged: it would come again"""
        if self._open is not None:
            raise MillraceError(f"step {self._open.step} was not acknowledged")
        while True:
            leased = self.client.lease(self.wait)
            if isinstance(leased, NotYet):
                if self.waiting is not None:
                    self.waiting(leased)
                continue
            try:
                self._open = self.client.fetch(leased)
                return self._open
            except LeaseVoidError:
                self.void += 1

    def ack(self, weight_version: int | None = None, checkpoint_step: int | None = None) -> Acknowledged | None:
        """The batch that came last is trained; None when its step was leased anew meanwhile, so that it comes again."""
        batch = self._open
        if batch is None:
            raise MillraceError("there is no batch to acknowledge")
        try:
            return self.client.ack(batch, weight_version, checkpoint_step)
        except LeaseVoidError:
            self.void += 1
            return None
        finally:
            self._open = None
