// Looks every two seconds whether what is being prepared is ready, and then shows it. Without this file the page's own link does.
"use strict";

const EVERY = 2000;

async function look() {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  const page = answer && answer.ok ? await answer.text() : "";
  if (page && !page.includes("data-waiting")) return location.reload();
  setTimeout(look, EVERY);
}

if (document.querySelector("[data-waiting]")) setTimeout(look, EVERY);
