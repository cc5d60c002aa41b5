// What was typed on this device and is not on the server yet: kept in the browser's storage under the ballot that it belongs to, until
// the server acknowledges it or somebody chooses Exit. Each open page keeps its own, so that two tabs never write over each other's text.
"use strict";

// The same once more, in a database that has it on the disk within milliseconds: a browser writes its storage out seconds later, and one
// that is killed before has kept nothing. Whatever fails here leaves what the storage keeps.
class Disk {
  constructor() {
    this.changes = new Map();      // key → what is kept under it by now, null for nothing
    this.found = this.act("readonly", (table) => table.getAll());
    this.written = this.found;
  }

  // All that has changed meanwhile goes together: people type faster than a disk writes.
  set(key, kept) {
    if (!this.changes.size) this.written = this.written.then(() => this.write());
    this.changes.set(key, kept);
  }

  write() {
    const changes = this.changes;
    this.changes = new Map();
    return this.act("readwrite", (table) => {
      for (const [key, kept] of changes) kept === null ? table.delete(key) : table.put({ key, kept });
    });
  }

  clear() {
    this.written = this.written.then(() => this.act("readwrite", (table) => table.clear()));
    return this.written;
  }

  async act(mode, act) {
    try {
      const database = await (this.opened ??= Disk.open());
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction("kept", mode, { durability: "strict" });
        const asked = act(transaction.objectStore("kept"));
        transaction.oncomplete = () => resolve(asked?.result);
        transaction.onabort = reject;
      });
    } catch {
      this.opened = null;      // a phone cuts a sleeping page off: the next time opens it again
      return null;
    }
  }

  static open() {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open("drafts", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("kept", { keyPath: "key" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = reject;
    });
  }
}

class Drafts {
  constructor(ballot, address) {
    this.address = address;      // where it can be saved
    this.prefix = `draft:${ballot}:`;
    this.page = crypto.getRandomValues(new Uint32Array(2)).join("");
  }

  // Storage can be switched off or full: then this says so, and the page only saves.
  keep(name, draft) {
    if (Drafts.isOver) return true;
    const key = this.key(name), kept = JSON.stringify({ ...draft, at: this.address, when: Date.now() });
    return Drafts.store((store) => { store.setItem(key, kept); Drafts.disk.set(key, kept); return true; }) || false;
  }

  forget(name) { Drafts.drop({ key: this.key(name) }); }
  key(name) { return `${this.prefix}${this.page}:${name}`; }

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

  static drop({ key }) {
    if (Drafts.store((store) => store.getItem(key)) === null) return;
    Drafts.store((store) => store.removeItem(key));
    Drafts.disk.set(key, null);
  }

  // The answer waits until the disk has none either.
  static dropAll() {
    Drafts.keys().forEach((key) => Drafts.store((store) => store.removeItem(key)));
    return Drafts.inTime(Drafts.disk.clear());
  }

  static keys() { return Drafts.store((store) => Object.keys(store).filter((key) => key.startsWith("draft:"))) || []; }
  static store(act) { try { return act(localStorage); } catch { return null; } }
}

Drafts.disk = new Disk();
Drafts.PATIENCE = 3000;      // milliseconds for a disk that does not answer
Drafts.inTime = (work) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, Drafts.PATIENCE))]);

// What a browser that was killed had not written out is put back first, and only then is anything shown of what is kept.
Drafts.recovered = Drafts.inTime(Drafts.disk.found).then((found) => {
  const when = (kept) => kept ? JSON.parse(kept).when : 0;
  for (const { key, kept } of Drafts.isOver ? [] : found || [])
    Drafts.store((store) => { if (when(store.getItem(key)) < when(kept)) store.setItem(key, kept); });
});

// Exit is for every tab of this browser: none keeps anything any more, and what the others show goes.
Drafts.isOver = false;
Drafts.tabs = "BroadcastChannel" in window ? new BroadcastChannel("exit") : null;
Drafts.end = () => {
  Drafts.isOver = true;
  Drafts.tabs?.postMessage("exit");
  return Drafts.dropAll();
};
if (Drafts.tabs) Drafts.tabs.onmessage = async () => {
  Drafts.isOver = true;
  await Drafts.dropAll();
  location.replace(Drafts.exits[0]?.dataset.home || "/");
};
window.addEventListener("pageshow", (event) => { if (event.persisted) Drafts.isOver = false; });

// The button that leaves a shared computer takes with it what is kept here, and asks first if that is not saved anywhere else.
Drafts.exits = [...document.querySelectorAll("form[data-exit]")];
if (!document.querySelector("form[data-autosave]")) {      // which saves first, and then does the same
  for (const exit of Drafts.exits) exit.addEventListener("submit", async (event) => {
    event.preventDefault();
    await Drafts.recovered;
    if (Drafts.keys().length && !confirm(exit.dataset.exit)) return;
    await Drafts.end();
    exit.submit();
  });
}

// Drafts that this page's form does not take up itself: of another section, or of a round that has closed meanwhile.
function tellOfKept(place) {
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
Drafts.recovered.then(() => document.querySelectorAll("[data-drafts]").forEach(tellOfKept));
