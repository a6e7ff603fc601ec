"""New weights into the engines, and the news of them into the run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from millrace.transport import Transport
from millrace.trl.rollouts import Rollouts

RELOAD_LIMIT = 600.0
"""Seconds for an engine to read its weights again."""


class Weights:
    """What AsyncGRPOTrainer takes as ``weight_transfer``: another transfer, with the run told of it.

    Workers hold meanwhile, and each engine is told what its new weights are called, which no transfer of TRL's does.

    :param transfer: any that TRL takes, such as its own ``WeightTransferClient``
    :param engines: the address of each vLLM, not of a gateway before them
    """

    def __init__(self, rollouts: Rollouts, transfer: Any, engines: Sequence[str], *, patience: float = 600.0) -> None:
        self.rollouts = rollouts
        self.transfer = transfer
        self.engines = [Transport(engine, patience) for engine in engines]

    def init_weight_transfer(self) -> None:
        self.transfer.init_weight_transfer()

    def pause(self) -> None:
        self.rollouts.client.updating()
        self.transfer.pause()

    def send_weights(self, iterator: Iterator[tuple[str, Any]]) -> None:
        self.transfer.send_weights(iterator)
        self._post("/update_weight_version", {"new_version": str(self.rollouts.next_version)})

    def resume(self) -> None:
        self.transfer.resume()

    def destroy(self) -> None:
        self.transfer.destroy()

    def _post(self, path: str, body: dict[str, Any] | None = None, wait: float = 0.0) -> None:
        for engine in self.engines:
            engine.exchange("POST", path, lambda _: None, body, wait)


class FolderWeights(Weights):
    """Weights through the model folder that the engines were started with: written there, and read again.

    An engine that is started anew meanwhile finds the weights under the version that the file carries.
    """

    def __init__(
        self, rollouts: Rollouts, engines: Sequence[str], folder: str | Path, *, patience: float = 600.0
    ) -> None:
        super().__init__(rollouts, self, engines, patience=patience)
        self.folder = Path(folder)

    def init_weight_transfer(self) -> None:
        pass

    def pause(self) -> None:
        self.rollouts.client.updating()
        self._post("/pause?mode=keep")

    def send_weights(self, iterator: Iterator[tuple[str, Any]]) -> None:
        from safetensors.torch import save_file  # type: ignore[import-not-found] # noqa: PLC0415 - where there is TRL

        version = str(self.rollouts.next_version)
        weights = {name: weight.detach().contiguous() for name, weight in iterator}
        beside = self.folder / f".weights-{os.getpid()}"
        save_file(weights, beside, metadata={"format": "pt", "weight_version": version})
        os.replace(beside, self.folder / "model.safetensors")
        self._post("/collective_rpc", {"method": "reload_weights"}, RELOAD_LIMIT)
        self._post("/update_weight_version", {"new_version": version})
        self._post("/reset_prefix_cache")

    def resume(self) -> None:
        self._post("/resume")

    def destroy(self) -> None:
        pass
