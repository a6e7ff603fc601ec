from blobs import blob, form, sample
from millrace.account import Account
from millrace.batch import Batch, read_batch


def batch(step: int, *groups: list[int]) -> Batch:
    """Of these groups, by their samples' indices."""
    made = form([[sample(index) for index in group] for group in groups], step=step)
    return read_batch(bytearray(blob(made)), f"2-{step}-ab", 5, [4 + i for i in range(len(groups))])


def handed(account: Account, batch: Batch) -> list[int]:
    return [group.samples[place].index for group, place in account.hand_out(batch)]


def test_a_step_is_due_when_all_its_samples_are_trained_and_all_before_it() -> None:
    account = Account()
    first, second = batch(7, [0, 1], [2, 3]), batch(8, [4, 5])
    assert handed(account, first) == [0, 1, 2, 3]
    assert handed(account, second) == [4, 5]
    account.train([0, 1, 2])
    account.train([4, 5])
    assert account.due() == []
    account.train([3])
    assert account.due() == [first, second]
    account.acknowledged(first)
    assert (account.open, account.due()) == (1, [second])


def test_what_a_checkpoint_has_is_not_handed_out_again() -> None:
    account = Account()
    account.hand_out(batch(7, [0, 1], [2, 3]))
    account.hand_out(batch(8, [4, 5]))
    account.train([0, 1, 2, 3, 4])
    assert account.saved() == [
        {"step": 7, "lease": "2-7-ab", "whole": True, "trained": [0, 1, 2, 3]},
        {"step": 8, "lease": "2-8-ab", "whole": False, "trained": [4]},
    ]
    resumed = Account([4])
    assert handed(resumed, batch(8, [4, 5])) == [5]
    resumed.train([5])
    assert len(resumed.due()) == 1


def test_a_sample_in_a_buffer_is_not_handed_out_again_when_its_step_is_leased_anew() -> None:
    account = Account()
    account.hand_out(batch(7, [0, 1], [2, 3]))
    account.train([0, 1])
    account.void()
    assert handed(account, batch(7, [2, 3], [6, 7])) == [6, 7]
    assert handed(account, batch(8, [0, 1])) == []
    account.train([2, 3, 6, 7])
    assert [one.step for one in account.due()] == [7, 8]


def test_samples_that_a_trainer_passes_over_are_found() -> None:
    account = Account()
    account.hand_out(batch(7, [0, 1], [2, 3]))
    assert account.taken([1, 0]) == []
    assert account.taken([3]) == [2]
