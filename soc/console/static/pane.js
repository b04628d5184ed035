// The details pane: which alert it shows, beside the queue on a wide screen, a page of its own on a narrow one.

import { load, prepare, replacePart } from "./page.js";
import * as queue from "./queue.js";

const wide = matchMedia("(min-width: 1280px)");
const WRAP = "soc-wrap";
let asking = null;

export const article = () => document.querySelector("#details article");
export const beside = () => wide.matches && document.getElementById("queue") !== null;

/** Show an alert of the queue. */
export async function open(row, { push = true } = {}) {
  const address = row.querySelector("a.title").href;
  if (!beside()) {
    location.assign(address);
    return;
  }
  asking?.abort();
  asking = new AbortController();
  const loaded = await load(address, { signal: asking.signal });
  show(loaded);
  queue.mark(row.dataset.alert);
  if (push) remember(row.dataset.alert);
}

/** The alert as it is now, in the pane if it shows it and in the row if there is one. */
export async function refresh(id) {
  const loaded = await load(`/alerts/${encodeURIComponent(id)}${location.search}`, { background: true });
  const current = loaded.querySelector("#details article");
  if (!current) return null;
  queue.update(current);
  if (article()?.dataset.alert === id) swap(loaded);
  return current;
}

export function clear() {
  const pane = document.getElementById("details");
  pane.querySelector("article")?.remove();
  delete document.getElementById("main").dataset.open;
  queue.mark("");
  remember("");
}

/** Raw logs wrapped or not, as it was chosen last. */
export function wrap(change = false) {
  const on = (localStorage.getItem(WRAP) !== "off") !== change;
  if (change) localStorage.setItem(WRAP, on ? "on" : "off");
  document.getElementById("details")?.classList.toggle("unwrapped", !on);
  document.querySelector("[data-do=wrap]")?.setAttribute("aria-pressed", String(on));
}

/** More pieces of evidence below those that are there. */
export async function more(link) {
  const loaded = await load(link.href);
  const pieces = document.querySelector("#details .pieces");
  const known = new Set([...pieces.querySelectorAll("[data-finding]")].map((piece) => piece.dataset.finding));
  for (const piece of loaded.querySelectorAll("#pieces [data-finding]")) {
    if (!known.has(piece.dataset.finding)) pieces.append(document.adoptNode(piece));
  }
  const next = loaded.getElementById("more");
  if (next) link.href = next.getAttribute("href");
  else link.remove();
}

/** The steps of the runbook that are done, as this browser tab remembers them. */
export function steps(changed = null) {
  const shown = article();
  if (!shown) return;
  const key = `soc-steps-${shown.dataset.alert}`;
  const boxes = [...shown.querySelectorAll("[data-step]")];
  if (changed) sessionStorage.setItem(key, boxes.filter((box) => box.checked).map((box) => box.dataset.step).join(" "));
  else {
    const done = (sessionStorage.getItem(key) ?? "").split(" ");
    for (const box of boxes) box.checked = done.includes(box.dataset.step);
  }
}

function show(loaded) {
  replacePart("#details", loaded);
  document.title = loaded.title;
  document.getElementById("main").dataset.open = "";
  ready();
}

/** In place, with what was being written and where it was scrolled to. */
function swap(loaded) {
  const written = document.getElementById("note")?.value ?? "";
  const pane = document.getElementById("details");
  const at = pane.scrollTop;
  const typing = document.activeElement?.id === "note";
  replacePart("#details", loaded);
  ready();
  document.getElementById("details").scrollTop = at;
  const note = document.getElementById("note");
  if (note) note.value = written;
  if (typing) note?.focus();
}

export function ready() {
  prepare(document);
  wrap();
  steps();
}

function remember(id) {
  const address = new URL(location.href);
  if (id) address.searchParams.set("alert", id);
  else address.searchParams.delete("alert");
  if (address.href !== location.href) history.pushState({ alert: id }, "", address);
}
