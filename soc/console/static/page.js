// Pages as documents. The server renders and escapes everything once, for full loads and for parts alike; the browser
// parses the answer as a document, so no script here ever makes markup out of text.

export class Refused extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

/** The page at an address. `background`: asked by the page itself, which keeps no session alive. Throws Refused. */
export function load(address, { background = false, signal = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    if (background) request.setRequestHeader("X-Background", "1");
    request.onload = () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else reject(new Refused(request.status));
    };
    request.onerror = () => reject(new Refused(0));
    request.onabort = () => reject(new DOMException("another was asked for", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send();
  });
}

/** Put a part of a loaded page in place of ours. */
export function replacePart(selector, loaded) {
  const ours = document.querySelector(selector);
  const theirs = loaded.querySelector(selector);
  if (ours && theirs) ours.replaceWith(document.adoptNode(theirs));
  prepare(document.querySelector(selector));
}

/** Show what works only with script. */
export function prepare(part) {
  for (const hidden of part?.querySelectorAll("[data-copy][hidden], [data-do=wrap][hidden]") ?? []) hidden.hidden = false;
}

/** What the alert's row or article knows of its triage. */
export function target(element) {
  const { alert, revision, status, assignee, disposition } = element.dataset;
  return { id: alert, revision, status, assignee, disposition };
}
