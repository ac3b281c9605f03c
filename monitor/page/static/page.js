// Makes the page live: the server says that a box has changed, the same page is fetched again, and
// each element with "id" and "data-live" whose content differs is replaced.
"use strict";

(() => {
  let stream = null;
  let fetching = false;
  let again = false;

  async function renew() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, cache: "no-store" });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the next event or visibility tries again */ } finally {
      fetching = false;
      if (again) { again = false; renew(); }
    }
  }

  function replace(fresh) {
    for (const there of fresh.querySelectorAll("[id][data-live]")) {
      const here = document.getElementById(there.id);
      if (here && here.innerHTML !== there.innerHTML && !here.contains(document.activeElement)) {
        here.innerHTML = there.innerHTML;
      }
    }
    const age = document.getElementById("age");
    const newer = fresh.getElementById("age");
    if (age && newer) { age.dataset.age = newer.dataset.age; age.textContent = newer.textContent; }
  }

  function open() {
    if (stream && stream.readyState !== EventSource.CLOSED) return;
    if (!document.querySelector("[data-live]")) return;
    stream = new EventSource("/api/stream");
    stream.addEventListener("open", renew);
    stream.addEventListener("state", renew);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") { open(); renew(); }
  });
  window.addEventListener("online", () => { open(); renew(); });
  open();
})();
