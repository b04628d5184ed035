// The small dialogs: close as what, assign to whom, help. Digits choose, arrows move, Escape leaves.

const closing = () => document.getElementById("closing");
const assigning = () => document.getElementById("assigning");
let resolve = null;

/** What to close as: {disposition, note}; null if not at all. A false positive needs a note first. */
export function askDisposition() {
  const dialog = closing();
  if (!dialog) return Promise.resolve(null);
  dialog.querySelector("textarea").value = "";
  wantNote(false);
  return ask(dialog);
}

/** Whom to assign to: {assignee}; null if nobody was chosen. */
export function askAssignee() {
  const dialog = assigning();
  return dialog ? ask(dialog) : Promise.resolve(null);
}

export function help() {
  document.getElementById("help")?.showModal();
}

function ask(dialog) {
  dialog.showModal();
  dialog.querySelector(".items button").focus();
  return new Promise((chosen) => {
    resolve = chosen;
  });
}

function answer(dialog, value) {
  const chosen = resolve;
  resolve = null;
  dialog.close();
  chosen?.(value);
}

function choose(button) {
  const dialog = button.closest("dialog");
  if (button.dataset.assignee !== undefined) answer(dialog, { assignee: button.dataset.assignee });
  else closeAs(dialog, button.dataset.disposition);
}

function closeAs(dialog, disposition) {
  const note = dialog.querySelector("textarea").value.trim();
  if (disposition === "false_positive" && !note) wantNote(true);
  else answer(dialog, note ? { disposition, note } : { disposition });
}

function wantNote(on) {
  const dialog = closing();
  document.getElementById("closing-hint").hidden = !on;
  dialog.querySelector("[data-do=close-with-note]").hidden = !on;
  dialog.querySelector("textarea").required = on;
  dialog.dataset.waiting = on ? "false_positive" : "";
  if (on) dialog.querySelector("textarea").focus();
}

function withNote(dialog) {
  if (dialog.dataset.waiting) closeAs(dialog, dialog.dataset.waiting);
}

function onKey(event) {
  const dialog = event.currentTarget;
  const items = [...dialog.querySelectorAll(".items button")];
  if (event.target.matches("textarea")) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) withNote(dialog);
    return;
  }
  if (/^[1-9]$/.test(event.key) && items[event.key - 1]?.querySelector("kbd")) {
    event.preventDefault();
    choose(items[event.key - 1]);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items[(at + items.length) % items.length]?.focus();
  }
}

export function setUp() {
  for (const dialog of [closing(), assigning()]) {
    if (!dialog) continue;
    dialog.addEventListener("keydown", onKey);
    dialog.addEventListener("close", () => answer(dialog, null));
    for (const button of dialog.querySelectorAll(".items button")) button.addEventListener("click", () => choose(button));
  }
  closing()?.querySelector("[data-do=close-with-note]").addEventListener("click", () => withNote(closing()));
}
