// The queue: a cursor over its rows (one tab stop), rows selected for acts on several, rows brought up to date in place.

import { load, replacePart } from "./page.js";

const grid = () => document.getElementById("queue");
export const rows = () => [...(grid()?.tBodies[0].rows ?? [])];
export const row = (id) => rows().find((candidate) => candidate.dataset.alert === id);

/** The row with the cursor. */
export const cursor = () => rows().find((candidate) => candidate.tabIndex === 0) ?? null;

/** The cursor to a row that has the focus. */
export function settle(at) {
  for (const other of rows()) other.tabIndex = other === at ? 0 : -1;
}

export function moveTo(to) {
  if (!to) return;
  settle(to);
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

/** The row a number of steps from the cursor; at the ends the last one. */
export function step(by) {
  const all = rows();
  const at = all.indexOf(cursor());
  return all[Math.min(Math.max(at + by, 0), all.length - 1)] ?? null;
}

/** The next row after an alert that still wants somebody; else the one before. */
export function following(id) {
  const all = rows();
  const at = all.findIndex((candidate) => candidate.dataset.alert === id);
  const open = (candidate) => candidate.dataset.status !== "closed";
  return all.slice(at + 1).find(open) ?? all.slice(0, Math.max(at, 0)).reverse().find(open) ?? null;
}

export function mark(id) {
  for (const candidate of rows()) {
    if (candidate.dataset.alert === id) candidate.setAttribute("aria-current", "true");
    else candidate.removeAttribute("aria-current");
  }
}

export function select(chosen, on = chosen.getAttribute("aria-selected") !== "true") {
  chosen.setAttribute("aria-selected", String(on));
  chosen.querySelector("input").checked = on;
}

/** The ids of the selected alerts, or none. */
export const selected = () =>
  rows()
    .filter((candidate) => candidate.getAttribute("aria-selected") === "true")
    .map((candidate) => candidate.dataset.alert);

export const unselect = () => rows().forEach((candidate) => select(candidate, false));

/** A row as the alert's own page says it is now. */
export function update(article) {
  const shown = row(article.dataset.alert);
  if (!shown) return;
  for (const name of ["revision", "status", "assignee", "disposition"]) shown.dataset[name] = article.dataset[name];
  const state = article.querySelector("header .state");
  if (state) shown.querySelector("td.state").replaceChildren(...[...state.childNodes].map((node) => node.cloneNode(true)));
}

/** Ask the same question again: bring views, facets and known rows up to date; how many alerts are new. */
export async function refresh() {
  const loaded = await load(location.href, { background: true });
  replacePart("#views", loaded);
  let fresh = 0;
  for (const theirs of loaded.querySelectorAll("#queue tbody tr")) {
    const ours = row(theirs.dataset.alert);
    if (!ours) fresh += 1;
    else if (ours === document.activeElement || !ours.contains(document.activeElement)) bringUp(ours, theirs);
  }
  const grown = total(loaded) - total(document);
  return Math.max(fresh, grown, 0);
}

/** New rows in, the cursor where it was. */
export async function reload() {
  const loaded = await load(location.href);
  const at = cursor()?.dataset.alert;
  const open = document.querySelector("#details article")?.dataset.alert;
  for (const part of ["#views", "#queue", "#total"]) replacePart(part, loaded);
  mark(open);
  moveTo(row(at) ?? rows()[0]);
}

const total = (page) => Number(page.getElementById("total")?.dataset.total ?? 0);

function bringUp(ours, theirs) {
  Object.assign(ours.dataset, theirs.dataset);
  for (const cell of ["level", "risk", "count", "when", "state"]) {
    ours.querySelector(`td.${cell}`).replaceWith(document.importNode(theirs.querySelector(`td.${cell}`), true));
  }
}
