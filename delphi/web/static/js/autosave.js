// Saves each answer as it is given. The form works without this file; here one request at a time carries the latest value of one answer
// until the server acknowledges it, and only an acknowledgement is called "Saved".
"use strict";

for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);

function autosave(form) {
  const PAUSE = 800, LONGEST_WAIT = 30000, GIVE_UP = 30000, SAY_SAVING_AFTER = 300;
  const status = form.querySelector("[data-save-status]") || document.querySelector("[data-save-status]");
  const words = form.dataset;
  const waiting = new Map();      // answer name → number of the change; in the order in which the answers were first touched
  const refused = new Set();      // answers that the server will not take as they stand
  const pauses = new Map();
  let changes = 0, busy = false, failures = 0, retry = 0, leaving = null, gone = false;

  const draftKey = (name) => `draft:${words.ballot}:${name}`;
  const control = (name) => form.elements.namedItem(name);
  const seenName = (name) => name.startsWith("rating-") ? name.replace("rating-", "seen-") : name.replace("comment-", "comment-seen-");

  function say(text, state) {
    if (!status) return;
    status.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  }

  // Hidden fields are no answers.
  function answerOf(target) {
    const name = target.name || "";
    if (target.type === "hidden") return null;
    return /^(rating|comment)-/.test(name) ? name : null;
  }

  function touch(name) {
    refused.delete(name);
    waiting.set(name, ++changes);
    clearTimeout(retry);
    send();
  }

  function body(name) {
    const data = new FormData(form), wanted = new URLSearchParams();
    for (const key of [name, seenName(name), "csrf_token", "round"]) if (data.has(key)) wanted.set(key, data.get(key));
    wanted.set("fragment", "1");
    return wanted;
  }

  async function post(name) {
    const answer = await fetch(form.getAttribute("action") || location.href, {
      method: "POST", body: body(name), headers: { Accept: "application/json" }, credentials: "same-origin",
      redirect: "manual", signal: AbortSignal.timeout(GIVE_UP),
    });
    const reply = await answer.json().catch(() => ({}));
    return { status: answer.status, reply, saved: answer.ok && Boolean(reply.saved_at) };
  }

  async function send() {
    if (busy || gone) return;
    const next = waiting.entries().next();
    if (next.done) return leave();
    const [name, change] = next.value;
    busy = true;
    const slow = setTimeout(() => say(words.saving, "saving"), SAY_SAVING_AFTER);
    const result = await post(name).catch(() => null);
    clearTimeout(slow);
    busy = false;
    if (result && result.saved) return acknowledged(name, change, result.reply);
    if (result && result.status < 500 && result.status !== 429) return notTaken(name, change, result.reply);
    if (result && leaving) return leave();      // the server answers but not to us: let the whole form try
    say(words.unsaved, "waiting");
    retry = setTimeout(send, Math.min(LONGEST_WAIT, 1000 * 2 ** failures++));
  }

  function acknowledged(name, change, reply) {
    failures = 0;
    for (const [key, value] of Object.entries(reply.seen || {})) if (control(key)) control(key).value = value;
    if (waiting.get(name) === change) {
      waiting.delete(name);
      localStore((store) => store.removeItem(draftKey(name)));
      if (control(name) instanceof RadioNodeList && control(name).value === "clear") control(name).forEach((radio) => { radio.checked = false; });
    }
    const time = words.saved.replace("{time}", reply.saved_at);
    if (!refused.size) say(reply.message ? `${time}. ${reply.message}` : time, "saved");
    send();
  }

  function notTaken(name, change, reply) {
    if (waiting.get(name) === change) {
      waiting.delete(name);
      refused.add(name);
    }
    say(reply.message || words.refused, "refused");
    send();
  }

  // Leaving by the form's own button waits for what is on its way, then posts the whole form as if there were no script.
  function leave() {
    if (!leaving || gone) return;
    gone = true;
    form.requestSubmit(leaving.button);
  }

  // Storage can be switched off or full: then the page still saves, it only cannot remember.
  function localStore(act) {
    try { return act(localStorage); } catch { return null; }
  }

  function keepDraft(area) {
    const draft = JSON.stringify({ text: area.value, seen: control(seenName(area.name))?.value || "" });
    localStore((store) => store.setItem(draftKey(area.name), draft));
  }

  function restoreDrafts() {
    for (const area of form.querySelectorAll("textarea[name^='comment-']")) {
      const draft = JSON.parse(localStore((store) => store.getItem(draftKey(area.name))) || "null");
      if (!draft) continue;
      if (draft.text === area.value) { localStore((store) => store.removeItem(draftKey(area.name))); continue; }
      area.value = draft.text;
      if (control(seenName(area.name))) control(seenName(area.name)).value = draft.seen;      // so that a newer text elsewhere is noticed
      area.closest("details")?.setAttribute("open", "");
      say(words.restored, "waiting");
      touch(area.name);
    }
  }

  form.addEventListener("change", (event) => {
    const name = answerOf(event.target);
    if (!name || event.target.type !== "radio") return;
    touch(name);
  });
  form.addEventListener("input", (event) => {
    const area = event.target;
    if (area.type !== "textarea" || !answerOf(area)) return;
    keepDraft(area);
    clearTimeout(pauses.get(area.name));
    pauses.set(area.name, setTimeout(settle, PAUSE, area.name));
  });

  function settle(name) {
    if (!pauses.has(name)) return;
    clearTimeout(pauses.get(name));
    pauses.delete(name);
    touch(name);
  }
  const settleAll = () => [...pauses.keys()].forEach(settle);

  form.addEventListener("focusout", (event) => settle(event.target.name));
  document.addEventListener("visibilitychange", () => { if (document.hidden) settleAll(); });
  window.addEventListener("online", () => { failures = 0; clearTimeout(retry); send(); });
  form.addEventListener("submit", (event) => {
    if (gone) return;
    leaving = { button: event.submitter };
    settleAll();
    if (!waiting.size && !busy) { gone = true; return; }
    event.preventDefault();
    clearTimeout(retry);
    send();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { gone = false; leaving = null; } });
  window.addEventListener("beforeunload", (event) => {
    if (!gone && (waiting.size || pauses.size || refused.size)) event.preventDefault();
  });

  restoreDrafts();
}
