"""A batch as flat arrays of numpy; torch's are held to the same by packed_torch.py, where torch is."""

import pytest
import zstandard
from blobs import BATCH, FORM, LEASE, UNEVEN, blob, form, sample, uneven
from conftest import Reply, Script
from millrace import BadBatchError, Client, Lease
from millrace.batch import Asked, Batch, read_batch


def test_every_sample_has_its_own_stretch() -> None:
    whole = uneven()
    packed = whole.numpy()
    assert packed.cu_seqlens.tolist() == [0, 5, 8, 8]
    assert packed.cu_responses.tolist() == [0, 3, 5, 5]
    assert (packed.cu_seqlens.dtype, packed.tokens.dtype, packed.positions.dtype) == ("int32", "int32", "int64")
    assert packed.max_seqlen == 5
    assert packed.rewards.tolist() == [1.0, 0.0, 1.0]
    assert packed.groups.tolist() == [4, 4, 5]
    assert packed.advantages.tolist() == [1.0, -1.0, 0.0]
    for i, one in enumerate(whole.samples):
        assert packed.tokens[packed.cu_seqlens[i] : packed.cu_seqlens[i + 1]].tolist() == list(one.tokens)
        mine = slice(packed.cu_responses[i], packed.cu_responses[i + 1])
        assert packed.log_probs[mine].tolist() == list(one.log_probs)
        assert packed.tokens[packed.positions[mine]].tolist() == list(one.response_tokens)


def test_tensors_are_the_received_bytes_themselves() -> None:
    whole = uneven()
    packed = whole.numpy()
    packed.tokens[5] = 77
    packed.loss_mask[0] = 0
    packed.log_probs[3] = -0.5
    packed.advantages[1] = 3
    assert whole.samples[1].tokens[0] == 77
    assert whole.samples[0].loss_mask[0] == 0
    assert whole.samples[1].log_probs[0] == -0.5
    assert whole.advantages is not None
    assert whole.advantages[1] == 3


def test_a_batch_of_no_tokens_is_packed_too() -> None:
    nothing = blob(form([[sample(8, prompt=0, response=0, versions=[])]]))
    packed = read_batch(bytearray(nothing), "2-7-ab", 5, (4,)).numpy()
    assert packed.cu_seqlens.tolist() == [0, 0]
    assert packed.positions.tolist() == []
    assert packed.advantages is None


def test_a_ranks_batch_has_groups_of_the_lease_as_many_as_a_rank_gets() -> None:
    share = {"rank": 1, "world": 2}
    one = blob(form(UNEVEN[:1], share=share))

    def read(asked: Asked, *leased: int) -> Batch:
        return read_batch(bytearray(one), "2-7-ab", 5, leased, asked)

    assert read(Asked(1, 2), 3, 4, 5).world == 2
    for wrong in (Asked(), Asked(0, 2), Asked(1, 3)):
        with pytest.raises(BadBatchError, match="rank"):
            read(wrong, 4, 5)
    with pytest.raises(BadBatchError, match="leased"):
        read(Asked(1, 2), 5, 6)
    with pytest.raises(BadBatchError, match="leased"):
        read(Asked(1, 2), 3, 4, 5, 6)


def test_advantages_that_were_asked_for_and_are_not_there_are_missed() -> None:
    with pytest.raises(BadBatchError, match="advantages"):
        read_batch(bytearray(blob(form(UNEVEN))), "2-7-ab", 5, (4, 5), Asked(advantages=True))


def test_a_rank_asks_for_its_groups_and_for_advantages(script: Script) -> None:
    advantages = {"concatenated": {"advantages": [2]}, "single": []}
    share = {"rank": 1, "world": 2}
    one = blob(
        form([[sample(10), sample(11)]], share=share, extras=advantages) | {"groups": FORM["groups"][1:]},
        {"advantages": ("F32", [2], bytes(8))},
    )
    script.on("POST /v1/steps/next/lease", Reply(body=LEASE))
    script.on("GET /v1/steps/7/batch", Reply(body=one))
    trainer = Client(script.url, patience=10)
    leased = trainer.lease()
    assert isinstance(leased, Lease)
    batch = trainer.fetch(leased, rank=1, world=2, advantages="std")
    assert script.asked("GET /v1/steps/7/batch")[0].path.endswith("&rank=1&world=2&advantages=std")
    assert "Accept-Encoding" in script.requests[-1].headers
    assert script.requests[-1].headers["Accept-Encoding"] == "identity"
    assert [group.index for group in batch.groups] == [5]
    assert batch.advantages is not None
    assert list(batch.advantages) == [0, 0]


def test_a_batch_may_travel_packed(script: Script) -> None:
    packed = Reply(body=zstandard.compress(BATCH), headers={"Content-Encoding": "zstd"})
    broken = Reply(body=b"nothing that zstd has packed", headers={"Content-Encoding": "zstd"})
    short = Reply(body=zstandard.compress(BATCH)[:-20], headers={"Content-Encoding": "zstd"})
    script.on("POST /v1/steps/next/lease", Reply(body=LEASE))
    script.on("GET /v1/steps/7/batch", broken, short, packed)
    trainer = Client(script.url, zstd=True, patience=10)
    leased = trainer.lease()
    assert isinstance(leased, Lease)
    assert list(trainer.fetch(leased).tokens) == list(range(len(trainer.fetch(leased).tokens)))
    assert [request.headers["Accept-Encoding"] for request in script.requests[-3:]] == ["zstd"] * 3
