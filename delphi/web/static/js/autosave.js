// Saves each answer as it is given. The form works without this file; here one request at a time carries the latest value of one answer.
// It is repeated, unchanged, until the server has answered it: only an acknowledgement is called "Saved", and only then goes what came after.
"use strict";

// The names of answers by their beginning, and what travels with each: what the form had shown there, who may read it.
const ANSWERS = { rating: ["seen"], comment: ["comment-seen", "audience"], wording: ["wording-seen"] };
const PART_OF = { audience: "comment" };
const ALWAYS = ["round", "ballot"];

for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);

async function autosave(form) {
  const PAUSE = 800, LONGEST_WAIT = 30000, GIVE_UP = 30000, SAY_SAVING_AFTER = 300;
  const status = form.querySelector("[data-save-status]") || document.querySelector("[data-save-status]");
  const words = form.dataset, address = new URL(form.action).pathname;
  const drafts = new Drafts(words.ballot, address);
  const waiting = new Map();      // answer name → number of the change; in the order in which the answers were first touched
  const refused = new Set();      // answers that the server will not take as they stand
  const restored = new Set();     // answers that were given on an earlier visit
  const unkept = new Set();       // answers that the browser would not keep
  const unheard = new Map();      // answer name → what was sent of it, by this page or one before it, and not answered
  const known = new Map();        // answer name → revision of the ballot at which this page knew the answer
  const pauses = new Map();
  let changes = 0, busy = false, flying = null, held = null, notice = "", failures = 0, retry = 0, leaving = null, gone = false;

  const control = (name) => form.elements.namedItem(name);
  const value = (name) => control(name)?.value ?? "";
  const isSeen = (name) => control(name)?.type === "hidden";      // what the form had shown
  // As the server wrote it into the page: a browser that opens the page again puts in what was typed there before.
  // What a protocol offers is chosen on the page and not yet an answer.
  function asServed(name) {
    const one = control(name);
    if (!(one instanceof RadioNodeList)) return one?.defaultValue ?? "";
    return offerOf(name) ? "" : [...one].find((radio) => radio.defaultChecked)?.value ?? "";
  }
  const isUnsaved = () => Boolean(waiting.size || pauses.size || flying);

  function say(text, state) {
    if (!status) return;
    status.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  }

  // "Saved" is said of everything on the page, so it is taken back as soon as something is not.
  function sayNothing() { if (status?.dataset.state === "saved") say("", ""); }
  function sayWaiting() { say(unkept.size ? words.unkept : words.waiting, "waiting"); }
  function sayHeld() {
    say(unkept.size ? `${held.message} ${words.stay}` : held.message, "waiting");
    status?.append(" ", Object.assign(document.createElement("a"), { href: held.way.url, textContent: held.way.text }));
  }

  // The answer that a control belongs to. Hidden fields are no answers.
  function answerOf(target) {
    const [, kind, rest] = /^([a-z]+)-(.+)$/.exec(target.name || "") || [];
    if (target.type === "hidden" || !(kind in ANSWERS || kind in PART_OF)) return null;
    return `${PART_OF[kind] || kind}-${rest}`;
  }

  function fieldsOf(name) {
    const [, kind, rest] = /^([a-z]+)-(.+)$/.exec(name), fields = {};
    for (const key of [name, ...ANSWERS[kind].map((one) => `${one}-${rest}`)]) if (control(key)) fields[key] = value(key);
    return fields;
  }

  const offerOf = (name) => name.startsWith("rating-") ? control(name.replace("rating", "offered")) : null;
  const revision = (name) => known.get(name) ?? value("revision");

  function keep(name) {
    const isKept = drafts.keep(name, { fields: fieldsOf(name), revision: revision(name), unheard: unheard.get(name) });
    if (isKept) unkept.delete(name); else unkept.add(name);
  }

  function forget(name) {
    drafts.forget(name);
    unkept.delete(name);
    restored.delete(name);
  }

  const keepOrForget = (name) => waiting.has(name) || pauses.has(name) ? keep(name) : forget(name);

  function touch(name) {
    refused.delete(name);
    waiting.set(name, ++changes);
    keep(name);
    sayNothing();
    clearTimeout(retry);
    send();
  }

  async function post(flight) {
    const body = new URLSearchParams({ ...flight.fields, revision: flight.revision, item: flight.item, fragment: "1" });
    for (const key of ["csrf_token", ...ALWAYS]) if (control(key)) body.set(key, value(key));
    const answer = await fetch(address, {
      method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
      redirect: "manual", signal: AbortSignal.timeout(GIVE_UP),
    });
    if (answer.status >= 500 || answer.status === 429) return null;
    const reply = await answer.json();
    return reply.saved_at || reply.elsewhere || reply.message ? reply : null;      // anything else was not said by this site
  }

  function next() {
    const first = waiting.entries().next();
    if (first.done) return null;
    const [name, change] = first.value;
    const item = form.querySelector(`[name="${CSS.escape(name)}"]`).closest("article")?.id || "";
    const now = { fields: fieldsOf(name), revision: revision(name) }, before = unheard.get(name);
    const isSame = !before || Object.keys(now.fields).every((one) => now.fields[one] === before.fields[one]);
    return { name, item, change: isSame ? change : 0, repeats: before ? 1 : 0, ...(before || now) };
  }

  async function send() {
    if (busy || held || gone || Drafts.isOver) return;
    flying ??= next();
    if (!flying) return leave();
    unheard.set(flying.name, { fields: flying.fields, revision: flying.revision });
    keep(flying.name);
    busy = true;
    const slow = setTimeout(() => say(words.saving, "saving"), SAY_SAVING_AFTER);
    const reply = await post(flying).catch(() => null);
    clearTimeout(slow);
    busy = false;
    if (reply) { failures = 0; return heard(reply); }
    flying.repeats++;
    sayWaiting();
    retry = setTimeout(send, Math.min(LONGEST_WAIT, 1000 * 2 ** failures++));
    if (leaving && leaving.form !== form) leave();      // Exit does not wait for a line that is down
  }

  function heard(reply) {
    if (reply.held) return hold(reply);
    const flight = flying, isLatest = waiting.get(flight.name) === flight.change;
    flying = null;
    unheard.delete(flight.name);
    if (isLatest || reply.saved_at) {
      for (const [key, seen] of Object.entries(reply.seen || {})) if (control(key)) control(key).value = seen;
      if ("revision" in reply) known.set(flight.name, reply.revision);
    }
    if (reply.elsewhere) overtaken(flight, isLatest, reply);
    else if (reply.saved_at) acknowledged(flight.name, isLatest, reply);
    else notTaken(flight.name, isLatest, reply);
    send();
  }

  function acknowledged(name, isLatest, reply) {
    const isCleared = isLatest && value(name) === "clear";
    if (isLatest) waiting.delete(name);
    if (isCleared) show(name, "");
    keepOrForget(name);
    if (refused.size || isUnsaved()) return;
    const isTheSameHere = reply.clocks.minutes_ahead === -new Date().getTimezoneOffset();      // else the zone has to be named
    const time = words.saved.replace("{time}", isTheSameHere ? reply.clocks.time : reply.saved_at), message = notice || reply.message || (isCleared ? words.cleared : "");
    say(message ? `${time}. ${message}` : time, "saved");
    document.querySelector("[data-until-saved]")?.remove();
  }

  // Changed elsewhere since this page knew it. The later wins, which is this one, unless it was given on an earlier visit or had been
  // saved before the other already, when its reply was lost.
  function overtaken(flight, isLatest, reply) {
    const { name, repeats } = flight, { value: theirs, was_kept: wasKept } = reply.elsewhere[name];
    if (!isLatest) return keepOrForget(name);
    if (!restored.has(name) && !(repeats && wasKept)) { notice = words.replaced; return; }
    waiting.delete(name);
    forget(name);
    show(name, theirs);
    notice = words.stands;
    say(notice, "waiting");
  }

  function notTaken(name, isLatest, reply) {
    if (!isLatest) return keepOrForget(name);
    waiting.delete(name);
    refused.add(name);
    keep(name);
    say(reply.message, "refused");
  }

  // Nobody is signed in any more, or something has to be agreed to first: all is kept, and sent when this page finds a way in again.
  function hold(reply) {
    held = reply;
    leaving = null;
    sayHeld();
  }

  async function comeBack() {
    if (!held) return;
    const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || !held) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-autosave]");
    if (fresh?.dataset.ballot !== words.ballot) return;
    const token = fresh.elements.namedItem("csrf_token").value;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    held = null;
    send();
  }

  // Radio buttons or a text; "" is none of the buttons.
  function show(name, shown) {
    const one = control(name);
    if (!(one instanceof RadioNodeList)) { if (one) one.value = shown; return; }
    one.forEach((radio) => { radio.checked = radio.value === shown; });
  }

  // Nothing that the server has refused, and nothing that other tabs keep.
  const hasNothingToLose = () => !refused.size && !Drafts.keys().length;

  // Leaving waits for what is on its way. The form's own button then posts the whole form as if there were no script.
  async function leave() {
    if (!leaving || gone) return;
    const { form: through, button } = leaving;
    if (through !== form && (isUnsaved() || !hasNothingToLose()) && !confirm(through.dataset.exit)) { leaving = null; return; }
    gone = true;
    if (through !== form) await Drafts.end();
    through.requestSubmit(button);
  }

  // What was kept by pages that are gone: of a rating the latest, of a text all that was typed.
  function restoreDrafts() {
    const found = new Map();
    for (const draft of drafts.all()) {
      const { name, fields } = draft, before = found.get(name)?.fields;
      if (!(name in (fields || {})) || !control(name)) continue;      // another section's
      if (before && !name.startsWith("rating-") && !fields[name].includes(before[name])) fields[name] = `${before[name]}\n\n${fields[name]}`;
      found.set(name, draft);
    }
    found.forEach(restore);
    for (const draft of drafts.all()) if (found.has(draft.name) && draft.page !== drafts.page) Drafts.drop(draft);
  }

  function restore({ fields, revision: asOf, unheard: sent }, name) {
    const answers = Object.keys(fields).filter((one) => control(one) && !isSeen(one));
    const isServed = (given) => answers.every((one) =>
      (one.startsWith("rating-") && given[one] === "clear" ? "" : given[one].trim()) === asServed(one));
    // What this device had sent without hearing of it is no change from elsewhere, and may still arrive: what was meant after it is
    // then sent again, even where the page shows it.
    const isOwn = sent && isServed(sent.fields);
    if (isServed(fields) && (!sent || isOwn)) return;
    offerOf(name)?.remove();
    for (const one of isOwn ? answers : Object.keys(fields)) show(one, fields[one]);
    if (!isOwn && asOf !== undefined) known.set(name, asOf);
    if (!isOwn && sent) unheard.set(name, sent);
    control(name).closest?.("details")?.setAttribute("open", "");
    restored.add(name);
    touch(name);
    say(words.restored, "waiting");
  }

  // A rating that another tab keeps was chosen later than the one that waits here. Nobody here knows whether that tab lives to save it,
  // so this one sends it too; what the server has heard since then stands.
  function giveWay(name, theirs) {
    if (!waiting.has(name) || !name.startsWith("rating-") || value(name) === theirs) return;
    show(name, theirs);
    restored.add(name);
    touch(name);
  }

  function changed(name) {
    restored.delete(name);
    notice = "";
    touch(name);
  }

  form.addEventListener("change", (event) => {
    const name = answerOf(event.target);
    if (name && event.target.type === "radio") changed(name);
  });
  // A rating that the page offers is chosen already: to choose it is no change, and to choose anything ends the offer.
  form.addEventListener("click", (event) => {
    const name = event.target.type === "radio" ? answerOf(event.target) : null, offer = name && offerOf(name);
    if (!offer) return;
    offer.remove();
    if (offer.value === event.target.value) changed(name);
  });
  form.addEventListener("input", (event) => {
    const area = event.target, name = area.type === "textarea" && answerOf(area);
    if (!name) return;
    clearTimeout(pauses.get(name));
    pauses.set(name, setTimeout(settle, PAUSE, name));
    keep(name);
    sayNothing();
  });

  function settle(name) {
    if (!pauses.has(name)) return;
    clearTimeout(pauses.get(name));
    pauses.delete(name);
    changed(name);
  }
  const settleAll = () => [...pauses.keys()].forEach(settle);

  form.addEventListener("focusout", (event) => settle(event.target.name));
  document.addEventListener("visibilitychange", () => { if (document.hidden) settleAll(); else comeBack(); });
  window.addEventListener("focus", comeBack);
  window.addEventListener("online", () => { failures = 0; clearTimeout(retry); comeBack(); send(); });
  window.addEventListener("storage", (event) => {
    const other = drafts.keptElsewhere(event);
    if (other?.fields) giveWay(other.name, other.fields[other.name]);
  });

  for (const through of [form, ...Drafts.exits]) through.addEventListener("submit", (event) => {
    if (gone) return;
    settleAll();
    if (held && through === form) { event.preventDefault(); sayHeld(); return; }
    leaving = { form: through, button: event.submitter };
    if (!isUnsaved() && through === form) { gone = true; return; }
    event.preventDefault();
    clearTimeout(retry);
    Drafts.recovered.then(() => setTimeout(held ? leave : send));      // no form is sent while its own sending is being asked about
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { gone = false; leaving = null; } });
  window.addEventListener("beforeunload", (event) => {
    const isSafe = held && !unkept.size && !refused.size;      // told to open the link again, which may be in this very tab
    if (!gone && !Drafts.isOver && !isSafe && (isUnsaved() || refused.size)) event.preventDefault();
  });

  for (const field of form.querySelectorAll("input[type=hidden]")) field.value = field.defaultValue;
  await Drafts.recovered;
  restoreDrafts();
  const given = [...form.elements].filter((one) => answerOf(one) && !offerOf(one.name) && value(one.name) !== asServed(one.name));
  for (const name of new Set([...given.map(answerOf), ...words.unsaved?.split(" ") || []])) if (!waiting.has(name)) touch(name);
}
