// What was typed on this device and is not on the server yet: kept in the browser's storage under the ballot that it belongs to, until
// the server acknowledges it or somebody chooses Exit. Each open page keeps its own, so that two tabs never write over each other's text.
"use strict";

class Drafts {
  constructor(ballot, address) {
    this.address = address;      // where it can be saved
    this.prefix = `draft:${ballot}:`;
    this.page = crypto.getRandomValues(new Uint32Array(2)).join("");
  }

  // Storage can be switched off or full: then this says so, and the page only saves.
  keep(name, draft) {
    if (Drafts.isOver) return true;
    const kept = JSON.stringify({ ...draft, at: this.address, when: Date.now() });
    return Drafts.store((store) => { store.setItem(this.prefix + this.page + ":" + name, kept); return true; }) || false;
  }

  forget(name) {
    Drafts.store((store) => store.removeItem(this.prefix + this.page + ":" + name));
  }

  // All drafts of this ballot, whichever page kept them, the oldest first.
  all() {
    return Drafts.keys().filter((key) => key.startsWith(this.prefix)).map((key) => this.read(key)).filter(Boolean)
      .sort((one, other) => one.when - other.when);
  }

  // What another tab has just kept under this ballot, from the browser's notice of it.
  keptElsewhere(event) {
    return event.newValue && event.key?.startsWith(this.prefix) ? this.read(event.key, event.newValue) : null;
  }

  read(key, kept = Drafts.store((store) => store.getItem(key))) {
    const rest = key.slice(this.prefix.length), colon = rest.indexOf(":");
    try { return { ...JSON.parse(kept), key, page: rest.slice(0, colon), name: rest.slice(colon + 1) }; } catch { return null; }
  }

  static drop(draft) { Drafts.store((store) => store.removeItem(draft.key)); }
  static dropAll() { Drafts.keys().forEach((key) => Drafts.drop({ key })); }
  static keys() { return Drafts.store((store) => Object.keys(store).filter((key) => key.startsWith("draft:"))) || []; }
  static store(act) { try { return act(localStorage); } catch { return null; } }
}

// Exit is for every tab of this browser: none keeps anything any more, and what the others show goes.
Drafts.isOver = false;
Drafts.tabs = "BroadcastChannel" in window ? new BroadcastChannel("exit") : null;
Drafts.end = () => {
  Drafts.isOver = true;
  Drafts.dropAll();
  Drafts.tabs?.postMessage("exit");
};
if (Drafts.tabs) Drafts.tabs.onmessage = () => {
  Drafts.isOver = true;
  Drafts.dropAll();
  location.replace(Drafts.exits[0]?.dataset.home || "/");
};
window.addEventListener("pageshow", (event) => { if (event.persisted) Drafts.isOver = false; });

// The button that leaves a shared computer takes with it what is kept here, and asks first if that is not saved anywhere else.
Drafts.exits = [...document.querySelectorAll("form[data-exit]")];
if (!document.querySelector("form[data-autosave]")) {      // which saves first, and then does the same
  for (const exit of Drafts.exits) exit.addEventListener("submit", (event) => {
    if (Drafts.keys().length && !confirm(exit.dataset.exit)) event.preventDefault();
    else Drafts.end();
  });
}

// Drafts that this page's form does not take up itself: of another section, or of a round that has closed meanwhile.
for (const place of document.querySelectorAll("[data-drafts]")) {
  const form = document.querySelector("form[data-autosave]");
  const drafts = new Drafts(place.dataset.drafts).all().filter((draft) => !form?.elements.namedItem(draft.name));
  const list = place.querySelector("ul"), sample = list.firstElementChild;
  for (const draft of drafts) {
    const line = sample.cloneNode(true), link = line.querySelector("a");
    const value = draft.fields?.[draft.name] ?? "", isRating = draft.name.startsWith("rating-");
    line.querySelector("[data-what]").textContent = isRating ? place.dataset.rating.replace("{value}", value) : value;
    if (draft.at === location.pathname) link.remove(); else link.setAttribute("href", draft.at);
    list.append(line);
  }
  sample.remove();
  place.hidden = !drafts.length;
}
