"""Security-operations log analysis: records in, explained alerts out."""

__version__ = "0.2.0"
