// Short messages to the analyst, in the page's language, as text.

const words = document.getElementById("words")?.dataset ?? {};
const SHOWN = 6000;

export function word(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), words[name] ?? name);
}

/** A message that goes by itself; with `act` a button that does something until then. */
export function say(text, { urgent = false, act = null, milliseconds = SHOWN } = {}) {
  const toast = document.createElement("div");
  toast.className = urgent ? "toast urgent" : "toast";
  toast.append(text);
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = act.text;
    button.addEventListener("click", () => {
      toast.remove();
      act.run();
    });
    toast.append(" ", button);
  }
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), milliseconds);
  return toast;
}
