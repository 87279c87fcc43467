// Shows a new paper as soon as it is out.
"use strict";

async function refresh() {
  try {
    const answer = await fetch("/kiosk/paper", { cache: "no-store" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("papers");
      const old = document.getElementById("papers");
      if (fresh && fresh.textContent !== old.textContent) old.replaceWith(fresh);
    }
  } catch {
    // The server is away; the next round asks again.
  }
  setTimeout(refresh, 1000);
}
setTimeout(refresh, 1000);
