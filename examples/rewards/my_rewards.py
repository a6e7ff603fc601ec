"""Rewards of one's own: worker --scorer-command 'python -m millrace.scorer my_rewards.length' (docs/REWARDS.md)."""

from types import SimpleNamespace

from millrace.scorer import Sample


def length(sample: Sample) -> float:
    """A number, of one sample."""
    right = (sample.label or "") in sample.response
    return float(right) - 0.001 * sample.response_length


async def of_slime(args: SimpleNamespace, sample: Sample, **_: object) -> dict[str, object]:
    """A reward function of slime's, as it is: --args '{"penalty": 0.5}' is its args."""
    truncated = sample.status == Sample.Status.TRUNCATED
    right = sample.response.strip() == sample.label
    return {"score": float(right) - args.penalty * truncated, "acc": right}


def ranked(samples: list[Sample]) -> list[float]:
    """A whole group, of a worker with --group-rm: the shorter of two right answers is worth more."""
    right = sorted((len(s.response), s.index) for s in samples if s.label and s.label in s.response)
    places = {index: place for place, (_, index) in enumerate(right)}
    return [1 - places[s.index] / len(samples) if s.index in places else 0.0 for s in samples]
