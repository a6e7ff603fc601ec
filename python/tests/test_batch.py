import struct
from array import array
from types import SimpleNamespace
from typing import Any

import pytest
from blobs import BATCH, FORM, blob, form, sample
from millrace import BadBatchError, Span
from millrace.batch import Tensor, read_batch
from millrace.slime import int32, slime_tensors


def read(content: bytes, indices: tuple[int, ...] = (4, 5)) -> Any:
    return read_batch(bytearray(content), "2-7-ab", 5, indices)


def test_samples_have_their_own_part_of_the_tensors() -> None:
    batch = read(BATCH)
    assert [group.index for group in batch.groups] == [4, 5]
    first, second, third, _ = batch.samples
    assert list(first.prompt) == [0, 1]
    assert list(first.response_tokens) == [2, 3, 4]
    assert list(second.tokens) == [5, 6, 7, 8]
    assert list(second.log_probs) == [-3 / 8, -4 / 8]
    assert list(third.loss_mask) == [1, 1, 1]
    assert [sample.reward for sample in batch.samples] == [1.0, 0.0, 1.0, 1.0]
    assert batch.reward_mean == 0.75
    assert (batch.lineage, batch.step, batch.groups[0].label) == (2, 7, "12")


def test_versions_are_as_the_trainer_calls_them() -> None:
    versions = [{"version": 13, "from": 0, "to": 2}, {"version": 15, "from": 2, "to": 3}]
    batch = read(blob(form([[sample(8, versions=versions)]])), (4,))
    assert batch.samples[0].spans == (Span(3, 0, 2), Span(5, 2, 3))
    assert batch.weight_version == 5


def test_extras_go_to_their_groups() -> None:
    extras = {"concatenated": {"routed": [1, 2]}, "single": [{"group_index": 5, "name": "image"}]}
    whole = blob(
        form([[sample(8)], [sample(9)]], extras=extras),
        {"routed": ("I16", [3], bytes(range(6))), "image.5": ("F32", [1, 2], bytes(8))},
    )
    first, second = read(whole).groups
    assert bytes(first.extras["routed"].data) == bytes([0, 1])
    assert bytes(second.extras["routed"].data) == bytes([2, 3, 4, 5])
    assert second.extras["image"].shape == (1, 2)
    assert "image" not in first.extras


def routed(values: int) -> Any:
    """A group of two samples whose experts are 4 rows of 2 and 2 rows of 2."""
    samples = [sample(8) | {"tensors": {"routed_experts": [4, 2]}}, sample(9) | {"tensors": {"routed_experts": [2, 2]}}]
    extras = {"concatenated": {"routed_experts": [values]}, "single": []}
    content = array("i", range(values)).tobytes()
    return read(blob(form([samples], extras=extras), {"routed_experts": ("I32", [values], content)}), (4,))


def test_a_samples_part_of_a_tensor_has_its_shape() -> None:
    first, second = routed(12).samples
    assert first.tensors["routed_experts"].shape == (4, 2)
    assert first.tensors["routed_experts"].data.cast("i").tolist() == list(range(8))
    assert second.tensors["routed_experts"].data.cast("i").tolist() == [8, 9, 10, 11]


@pytest.mark.parametrize("values", [11, 13])
def test_parts_that_are_more_or_less_than_their_tensor_are_none(values: int) -> None:
    with pytest.raises(BadBatchError, match="routed_experts"):
        routed(values)


def test_slime_has_experts_by_layer_and_rank() -> None:
    given = slime_tensors(SimpleNamespace(num_layers=1, moe_router_topk=2), routed(12).samples[0])
    experts = given["rollout_routed_experts"]
    assert tuple(experts.shape) == (4, 1, 2)
    assert experts.tolist() == [[[0, 1]], [[2, 3]], [[4, 5]], [[6, 7]]]


def test_experts_in_bytes_are_numbers_of_four() -> None:
    tensor = Tensor("U8", (2, 2), memoryview(bytes([1, 2, 3, 250])))
    assert int32(tensor, (2, 2)).tolist() == [[1, 2], [3, 250]]


def test_a_sample_without_an_answer_is_one() -> None:
    batch = read(blob(form([[sample(8, response=0, versions=[])]])), (4,))
    assert list(batch.samples[0].response_tokens) == []


@pytest.mark.parametrize("length", [0, 7, 8, 100, len(BATCH) - 1])
def test_a_batch_that_was_cut_off_is_none(length: int) -> None:
    with pytest.raises(BadBatchError):
        read(BATCH[:length])


def test_a_batch_with_bytes_behind_it_is_none() -> None:
    with pytest.raises(BadBatchError, match="end at byte"):
        read(BATCH + b"\0")


LENGTHS = struct.pack("<4i", 2, 2, 2, 2)
"""Of the texts in :data:`BATCH`."""


@pytest.mark.parametrize(
    ("flawed", "message"),
    [
        (blob(FORM | {"v": 1}), "form 1"),
        (blob(FORM | {"v": 3}), "form 3"),
        (blob(form([[sample(8)]])), "groups"),
        (blob(form([[sample(8)], []])), "no samples"),
        (blob(form([[sample(8)], [sample(9, versions=[])]])), "version spans"),
        (blob(form([[sample(8)], [sample(9, versions=[{"version": 1, "from": 1, "to": 3}])]])), "version spans"),
        (blob(form([[sample(8)], [sample(9, reward=float("nan"))]])), "reward"),
        (BATCH.replace(b"I32", b"U32"), "I32"),
        (BATCH.replace(LENGTHS, struct.pack("<4i", 2, 2, 2, 1)), "7 of 8 bytes of text"),
        (BATCH.replace(LENGTHS, struct.pack("<4i", 2, 2, 2, 3)), "2 of 3 bytes of text"),
        (BATCH.replace(LENGTHS, struct.pack("<4i", 2, 2, -2, 2)), "0 of -2 bytes of text"),
        (struct.pack("<Q", 5) + b"{nope", "cannot be read"),
    ],
)
def test_a_batch_that_is_not_as_it_says_is_none(flawed: bytes, message: str) -> None:
    with pytest.raises(BadBatchError, match=message):
        read(flawed)


def test_samples_that_claim_more_or_less_than_there_is_are_none() -> None:
    for wrong in (2, 4):
        lying = form([[sample(8)], [sample(9)]])
        true = blob(lying)
        header = lying["groups"][1]["samples"][0]
        header["response_length"] = wrong
        header["weight_versions"][0]["to"] = wrong
        with pytest.raises(BadBatchError):
            # The same length of JSON, so that only the claim differs.
            read(true.replace(b'"response_length": 3', b'"response_length": %d' % wrong))
