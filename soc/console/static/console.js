// The triage screen: keys and clicks to acts. Everything is a link or a form first; this makes it quick.

import * as dialogs from "./dialogs.js";
import { listen } from "./news.js";
import { prepare } from "./page.js";
import * as pane from "./pane.js";
import * as queue from "./queue.js";
import { say, word } from "./say.js";
import { decide, undo } from "./triage.js";

const KEYS_OFF = "soc-keys-off";

/** Which alerts an act is about: the selected ones, else the cursor's, else the one that the page shows. */
function targets() {
  const several = queue.selected();
  if (several.length) return several;
  const at = queue.cursor() ?? pane.article();
  return at ? [at.dataset.alert] : [];
}

async function act(change, name, chosen = targets()) {
  if (!chosen.length) return false;
  const done = await decide(chosen, change, name);
  queue.unselect();
  return done;
}

async function close() {
  const told = await dialogs.askDisposition();
  const chosen = told ? targets() : [];
  if (!chosen.length || !(await act({ status: "closed", ...told }, "closed", chosen))) return focusBack();
  const next = queue.following(chosen.at(-1));
  const back = document.getElementById("back");
  if (next) await go(next);
  else if (back && !document.getElementById("queue")) location.assign(back.href);
  else focusBack();
}

async function assign() {
  const told = await dialogs.askAssignee();
  if (told) await act(told, "assigned");
  focusBack();
}

async function saveNote() {
  const note = document.getElementById("note");
  const shown = pane.article();
  const text = note?.value.trim();
  if (!text || !shown) return;
  focusBack();
  if (await decide([shown.dataset.alert], { note: text }, "noted")) forget(text);
}

/** A note that is saved; what was typed since stays. */
function forget(text) {
  const note = document.getElementById("note");
  if (note?.value.trim() === text) note.value = "";
}

function focusBack() {
  const at = queue.cursor();
  if (at) at.focus({ preventScroll: true });
  else document.getElementById("details")?.focus();
}

/** To a row, and with it the pane if it is open. */
async function go(to) {
  if (!to) return;
  queue.moveTo(to);
  if (pane.article() && pane.beside()) await quietly(pane.open(to));
}

async function open() {
  const at = queue.cursor();
  if (at) await quietly(pane.open(at));
}

/** Another request overtook it, or the page is gone: the address still works as a link. */
async function quietly(promise) {
  try {
    await promise;
  } catch (error) {
    if (error.status === 401) location.reload();
    else if (error.name !== "AbortError") say(word("unreachable"), { urgent: true });
  }
}

function escape() {
  const menu = document.querySelector("details.value[open]");
  if (menu) menu.open = false;
  else if (document.activeElement?.matches("input, textarea")) focusBack();
  else if (pane.article() && document.getElementById("queue")) {
    pane.clear();
    focusBack();
  }
}

async function reload() {
  await quietly(queue.reload());
  document.getElementById("fresh").hidden = true;
}

function focusNote() {
  const note = document.getElementById("note");
  note?.scrollIntoView({ block: "nearest" });
  note?.focus();
}

async function note() {
  if (!pane.article()) await open();
  focusNote();
}

const ACTS = {
  acknowledge: () => act({ status: "acknowledged", assignee: "@me" }, "acknowledged"),
  investigate: () => act({ status: "in_progress", assignee: "@me" }, "investigating"),
  close,
  assign,
  note,
  undo,
  open,
  reload,
  help: dialogs.help,
  wrap: () => pane.wrap(true),
  more: (link) => quietly(pane.more(link)),
};

const KEYS = {
  j: () => go(queue.step(1)),
  k: () => go(queue.step(-1)),
  o: ACTS.open,
  x: () => queue.cursor() && queue.select(queue.cursor()),
  a: ACTS.acknowledge,
  i: ACTS.investigate,
  c: ACTS.close,
  m: ACTS.assign,
  n: ACTS.note,
  u: ACTS.undo,
  w: ACTS.wrap,
  r: () => document.getElementById("queue") && reload(),
  "/": () => document.getElementById("ask")?.focus(),
  "?": ACTS.help,
};

// In the grid itself these work even with single-key shortcuts off.
const GRID_KEYS = {
  ArrowDown: () => go(queue.step(1)),
  ArrowUp: () => go(queue.step(-1)),
  Home: () => go(queue.rows()[0]),
  End: () => go(queue.rows().at(-1)),
  PageDown: () => go(queue.step(10)),
  PageUp: () => go(queue.step(-10)),
  Enter: ACTS.open,
  " ": KEYS.x,
};

function keyAct(event) {
  if (event.target.matches("#queue tbody tr") && GRID_KEYS[event.key]) return GRID_KEYS[event.key];
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return null;
  return localStorage.getItem(KEYS_OFF) ? null : (KEYS[event.key] ?? null);
}

function onKey(event) {
  if (event.target.id === "note" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    saveNote();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    escape();
    return;
  }
  const act_ = keyAct(event);
  if (!act_) return;
  event.preventDefault();
  act_();
}

function onClick(event) {
  const copied = event.target.closest("[data-copy]");
  if (copied) {
    navigator.clipboard?.writeText(copied.dataset.copy).then(() => say(word("copied")));
    return;
  }
  const button = event.target.closest("[data-do]");
  if (button && ACTS[button.dataset.do] && !button.matches("form")) {
    event.preventDefault();
    ACTS[button.dataset.do](button);
    return;
  }
  for (const menu of document.querySelectorAll("details.value[open]")) if (!menu.contains(event.target)) menu.open = false;
  onRowClick(event);
}

function onRowClick(event) {
  const clicked = event.target.closest("#queue tbody tr");
  if (!clicked || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.matches("input")) {
    queue.select(clicked, event.target.checked);
    return;
  }
  event.preventDefault();
  queue.moveTo(clicked);
  quietly(pane.open(clicked));
}

function setUpHelp() {
  const on = document.getElementById("keys-on");
  on.checked = !localStorage.getItem(KEYS_OFF);
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1")));
  for (const button of document.querySelectorAll("[data-do=help]")) button.hidden = false;
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("focusin", (event) => event.target.matches("#queue tbody tr") && queue.settle(event.target));
document.addEventListener("change", (event) => event.target.matches("[data-step]") && pane.steps(event.target));
document.addEventListener("submit", (event) => {
  if (event.target.matches(".languages")) event.target.elements.next.value = location.pathname + location.search;
  if (!event.target.matches("[data-do=save-note]")) return;
  event.preventDefault();
  saveNote();
});
addEventListener("popstate", () => location.reload());
dialogs.setUp();
setUpHelp();
prepare(document);
pane.ready();
(queue.cursor() ?? document.getElementById("details"))?.focus({ preventScroll: true });
listen();
document.documentElement.dataset.ready = "";
