// Puts the browser's own time zone on top of the list, and chooses it where the study has none of its own yet. Without this file the
// study's zone stands on top.
"use strict";

const zones = document.querySelector("#time_zone");
const here = zones && zones.querySelector(`option[value="${CSS.escape(Intl.DateTimeFormat().resolvedOptions().timeZone)}"]`);

if (here) {
  (zones.querySelector("optgroup") ?? zones).prepend(here);
  if (document.querySelector("[data-zone-unchosen]")) here.selected = true;
}
