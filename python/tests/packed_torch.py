"""A batch's tensors of torch against those of numpy: scripts/test-real runs it where torch is."""

import torch
from blobs import uneven

whole = uneven()
ours, theirs = whole.torch(), whole.numpy()
for name, wanted in vars(theirs).items():
    got = getattr(ours, name)
    assert got == wanted if isinstance(wanted, int) else got.tolist() == wanted.tolist(), name
    assert isinstance(wanted, int) or str(got.dtype).rpartition(".")[2] == str(wanted.dtype), name
ours.tokens[5] = 77
assert whole.samples[1].tokens[0] == 77
assert ours.tokens.data_ptr() == torch.frombuffer(whole.tokens, dtype=torch.int32).data_ptr()
print("the tensors of torch are views of what was received")
