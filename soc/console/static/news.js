// Live news: counts and ids come by server-sent events, and what is shown is asked for again. Nothing moves the cursor.

import * as queue from "./queue.js";
import { say, word } from "./say.js";
import { decidedElsewhere } from "./triage.js";

const PAUSE = 1000;
// Without news too: ages grow, and what the clock decides changes.
const ANYWAY = 60_000;
let waiting = null;
let silent = null;

export function listen() {
  const stream = new EventSource("/api/v1/stream");
  stream.addEventListener("news", soon);
  stream.addEventListener("triage", (event) => {
    soon();
    decidedElsewhere(JSON.parse(event.data));
  });
  stream.addEventListener("error", () => {
    silent ??= say(word("lost"), { milliseconds: 3_600_000 });
  });
  stream.addEventListener("open", () => {
    if (silent) soon();
    silent?.remove();
    silent = null;
  });
  setInterval(() => document.hidden || soon(), ANYWAY);
  addEventListener("pagehide", () => stream.close());
}

/** Ask again, once for all that comes within a moment. */
function soon() {
  if (document.getElementById("queue")) waiting ??= setTimeout(ask, PAUSE);
}

async function ask() {
  waiting = null;
  const fresh = await queue.refresh().catch(() => 0);
  const bar = document.getElementById("fresh");
  if (!bar) return;
  bar.hidden = fresh === 0;
  bar.textContent = word("fresh", { n: fresh });
}
