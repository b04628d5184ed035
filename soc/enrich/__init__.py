"""What the site knows about addresses and hosts: fields from files that admins own. Pure."""

from soc.enrich.inventory import Inventory, load

__all__ = ["Inventory", "load"]
