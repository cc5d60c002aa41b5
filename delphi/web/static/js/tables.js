// A table that fits its page needs no frame to scroll in: without one its heads stay in sight while the page scrolls. Without this file
// the frame stays, and scrolls sideways alone.
"use strict";

const fits = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.classList.remove("fits");
    target.classList.toggle("fits", target.scrollWidth <= target.clientWidth);
  }
});

for (const frame of document.querySelectorAll(".across .table-scroll")) fits.observe(frame);
