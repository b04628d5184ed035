"""Sigma rules: YAML to trees that decide, exactly as the specification says. Pure once loaded."""

from soc.sigma.costs import Cost
from soc.sigma.load import load
from soc.sigma.rule import Example, Rule
from soc.sigma.ruleset import RuleSet

__all__ = ["Cost", "Example", "Rule", "RuleSet", "load"]
