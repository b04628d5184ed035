// Acts of triage through the API: each names the revision it saw, so nobody's decision is overwritten unseen.

import { target } from "./page.js";
import { article, refresh } from "./pane.js";
import { row } from "./queue.js";
import { say, word } from "./say.js";

const UNDO = 10_000;
let last = null;
let turn = Promise.resolve();

/** Do one thing to alerts; true if it was done to all. `name` is what to say then. One act after the other: the next one
 * names the revision that the one before it made. */
export function decide(ids, change, name) {
  turn = turn.then(() => decideNow(ids, change, name));
  return turn;
}

async function decideNow(ids, change, name) {
  const done = [];
  for (const before of ids.map(current).filter(Boolean)) {
    const after = await patch(before, change);
    if (after) done.push({ before, after });
    await refresh(before.id).catch(() => null);
  }
  if (done.length) {
    const told = word(name);
    const undoable = change.status !== undefined || change.assignee !== undefined;
    last = undoable ? { done, until: Date.now() + UNDO } : null;
    say(done.length > 1 ? word("several", { told, n: done.length }) : told, {
      milliseconds: undoable ? UNDO : undefined,
      act: undoable ? { text: `${word("undo")} (u)`, run: undo } : null,
    });
  }
  return done.length === ids.length;
}

/** An alert as this page knows it now. */
function current(id) {
  const open = article();
  const shown = open?.dataset.alert === id ? open : row(id);
  return shown ? target(shown) : null;
}

/** Take the last act back, while it can still be taken back; an act that is under way is finished first. */
export function undo() {
  turn = turn.then(undoNow);
  return turn;
}

async function undoNow() {
  if (!last || Date.now() > last.until) return;
  const { done } = last;
  last = null;
  for (const { before, after } of done) {
    const change = { status: before.status, assignee: before.assignee };
    if (before.status === "closed") Object.assign(change, { disposition: before.disposition, note: word("undone") });
    await patch({ ...before, revision: after.triage.revision }, change);
    await refresh(before.id).catch(() => null);
  }
  say(word("undone"));
}

/** The alert after the change; null if it was refused, which is said. */
async function patch(seen, change) {
  let answer;
  try {
    answer = await fetch(`/api/v1/alerts/${encodeURIComponent(seen.id)}/triage`, {
      method: "PATCH",
      headers: {
        "Content-Type": "application/json",
        "If-Match": `"${seen.revision}"`,
        "X-CSRF-Token": document.body.dataset.csrf,
      },
      body: JSON.stringify(change),
    });
  } catch {
    say(word("unreachable"), { urgent: true });
    return null;
  }
  if (answer.ok) return answer.json();
  if (answer.status === 401) location.reload();
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 412) say(word("conflict", { who: lastActor(problem.current) }), { urgent: true });
  else say(word("failed", { why: problem.detail ?? problem.title ?? answer.status }), { urgent: true });
  return null;
}

function lastActor(alert) {
  return alert?.triage?.history?.at(-1)?.actor ?? word("somebody");
}

/** Somebody decided about an alert that this page shows: show it as it is now. */
export async function decidedElsewhere({ alert, revision }) {
  const shown = article();
  const open = shown?.dataset.alert === alert;
  if (open && Number(shown.dataset.revision) >= revision) return;
  const now = await refresh(alert).catch(() => null);
  const actor = now?.dataset.actor;
  if (open && actor && actor !== document.body.dataset.user) say(word("elsewhere", { who: actor }));
}
