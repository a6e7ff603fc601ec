"""TRL's asynchronous GRPO on Millrace's batches: a rollout worker and a weight transfer for its ``AsyncGRPOTrainer``.

    rollouts = Rollouts("http://127.0.0.1:9400")
    trainer = AsyncGRPOTrainer(
        model,
        args=args,
        train_dataset=prompts,
        rollout_worker=rollouts,
        weight_transfer=FolderWeights(rollouts, ["http://127.0.0.1:8000"], model_folder),
        callbacks=[rollouts],
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(args.output_dir))

Made for TRL 1.16, whose module is experimental.
"""

from millrace.trl.checkpoint import last_checkpoint
from millrace.trl.rollouts import Rollouts
from millrace.trl.samples import group_advantages
from millrace.trl.weights import FolderWeights, Weights

__all__ = ["FolderWeights", "Rollouts", "Weights", "group_advantages", "last_checkpoint"]
