// What a card of the rating form does with a script: nothing here is needed to answer.
"use strict";

// Arrow keys pass from radio to radio, and each is saved as it is chosen: what takes an answer back must not lie on their way.
for (const radio of document.querySelectorAll("form[data-autosave] .scale-clear input")) {
  const label = radio.parentElement;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "scale-clear-button", textContent: label.textContent });
  radio.disabled = label.hidden = true;
  label.after(button);
  button.addEventListener("click", () => {
    radio.closest("fieldset").querySelector("input[type=radio]").focus();      // the button goes once there is nothing to clear
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// On a phone the words of an item and its scale belong on one screen: between them what the panel said is folded down to its finding.
if (matchMedia("(max-width: 40rem)").matches) {
  for (const said of document.querySelectorAll("form[data-autosave] .panel-said")) said.open = false;
}

// "Write your reason" leads to a box that is folded away.
for (const link of document.querySelectorAll(".apart a[href^='#']")) {
  link.addEventListener("click", (event) => {
    const box = document.getElementById(link.hash.slice(1));
    if (!box) return;
    event.preventDefault();
    box.open = true;
    box.querySelector("textarea").focus();
  });
}

// The button saves as well, which without a script is the only way: so whoever has one reads first that nothing waits for it.
const line = document.querySelector("form[data-autosave]:not([data-unsaved]) [data-save-status]");
if (line) line.textContent = line.dataset.first;
