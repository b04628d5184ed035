"""Training: the only importer of scikit-learn. What it makes is a model bundle that `anomaly` reads."""

from soc.learn.train import train, train_events

__all__ = ["train", "train_events"]
