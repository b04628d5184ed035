"""Training: the only importer of scikit-learn. What it makes is a model bundle that `anomaly` reads."""

from soc.learn.train import train

__all__ = ["train"]
