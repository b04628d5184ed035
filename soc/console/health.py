"""`/healthz` and `/readyz` on the console's port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from soc.errors import SocError
from soc.stores import Query

if TYPE_CHECKING:
    from starlette.responses import Response

    from soc.console.call import Call

_PATIENCE = 3.0


async def alive(_call: Call) -> Response:
    return PlainTextResponse("alive\n")


async def ready(call: Call) -> Response:
    """Whether alerts can be shown: the store and the workspace answer."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await call.desk.store.search(Query(limit=1))
            await asyncio.to_thread(call.desk.workspace.users.get, "")
    except (SocError, TimeoutError):  # the reason is in the log of whoever is asked; strangers learn only the fact
        return PlainTextResponse("the alert store or the workspace does not answer\n", 503)
    return PlainTextResponse("ready\n")
