"""A trainer's side of Millrace: leases batches, makes sure that they are whole, acknowledges them.

for batch in Batches(Client("http://127.0.0.1:9400")):
    ...
"""

from millrace.batch import BadBatchError, Batch, Group, Sample, Span, Tensor
from millrace.batches import Batches
from millrace.client import Acknowledged, Client, Lease, NotYet, Policy, Resumed
from millrace.packed import Packed
from millrace.transport import (
    ConflictError,
    Key,
    LeaseVoidError,
    MillraceError,
    RefusedError,
    ReplacedError,
    UnavailableError,
)

__all__ = [
    "Acknowledged",
    "BadBatchError",
    "Batch",
    "Batches",
    "Client",
    "ConflictError",
    "Group",
    "Key",
    "Lease",
    "LeaseVoidError",
    "MillraceError",
    "NotYet",
    "Packed",
    "Policy",
    "RefusedError",
    "ReplacedError",
    "Resumed",
    "Sample",
    "Span",
    "Tensor",
    "UnavailableError",
]
