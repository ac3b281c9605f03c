// Makes the page live. The server says that a box has changed; the same address is fetched again, and
// each element with "id" and "data-live" whose content differs is replaced. The page is complete
// without this file. What is shown is never passed off as new: when the server has not been heard
// for a while, the page says how old it is, and "All is well" is gone.
"use strict";

(() => {
  const OLD_AFTER_MS = 45000;
  const ASK_EVERY_MS = 20000;
  const SLOW_MS = 60000;
  const PATIENCE_MS = 10000;
  const RETRY_MS = 3000;
  const READING_MS = 5000;
  const CLAP_DB = 10;
  const ON_THE_WAY_MS = 30000;
  const body = document.body;
  const box = body.dataset.box || "";
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  const apart = "slow" in body.dataset ? SLOW_MS : 500;

  let heard = Date.now();
  let renewed = Date.now();
  let fetching = null;
  let wanted = false;
  let timer = 0;
  let left = 0;
  let waits = false;
  let stream = null;
  let reading = 0;
  const levels = [];

  // ---------------------------------------------------------------- renewing what is shown

  function renew() {
    clearTimeout(timer);
    timer = 0;
    if (fetching) {
      wanted = true;
      return;
    }
    const ended = new AbortController();
    fetching = ended;
    const patience = setTimeout(() => ended.abort(), PATIENCE_MS);
    fetch(location.href, {
      headers: { "X-Live": "1" },
      cache: "no-store",
      credentials: "same-origin",
      signal: ended.signal,
    })
      .then((answer) => {
        if (answer.status === 401) {
          begin();
          return null;
        }
        if (!answer.ok && !timer) timer = setTimeout(renew, RETRY_MS); // perhaps it is being renamed
        return answer.ok ? answer.text() : null;
      })
      .then((text) => {
        if (text !== null) {
          replace(new DOMParser().parseFromString(text, "text/html"));
          renewed = Date.now();
          hear();
        }
      })
      .catch(() => {})
      .finally(() => {
        clearTimeout(patience);
        fetching = null;
        if (wanted) {
          wanted = false;
          soon();
        }
      });
  }

  function soon() {
    const rest = renewed + apart - Date.now();
    if (rest <= 0) {
      renew();
    } else if (!timer) {
      timer = setTimeout(renew, rest);
    }
  }

  // Anew, unless a link or a form is on its way: a page that began anew would be where she was.
  function begin() {
    if (Date.now() - left > ON_THE_WAY_MS) location.reload();
  }

  function isTyping(element) {
    return element.matches("input:not([type=hidden]), textarea, select");
  }

  function replace(fresh) {
    if ((fresh.body.dataset.box || "") !== box) {
      begin(); // the first box has spoken, another one has come, or it has a new name
      return;
    }
    aim(fresh);
    for (const there of fresh.querySelectorAll("[id][data-live]")) {
      const here = document.getElementById(there.id);
      if (!here || here.innerHTML === there.innerHTML) {
        if (here && here.className !== there.className) here.className = there.className;
        continue;
      }
      const active = here.contains(document.activeElement) ? document.activeElement : null;
      if (active && isTyping(active)) continue;
      if ("readings" in here.dataset && Date.now() - reading < READING_MS) continue;
      const open = [...here.querySelectorAll("details[open][id]")].map((each) => each.id);
      const read = here.querySelector(".curve .point.on");
      here.innerHTML = there.innerHTML;
      here.className = there.className;
      if (read) readAgain(here, read.getAttribute("aria-label"));
      for (const id of open) {
        const again = document.getElementById(id);
        if (again) again.open = true;
      }
      let back = active && active.id ? document.getElementById(active.id) : null;
      if (active && active.matches(".curve")) back = here.querySelector(".curve");
      if (back) back.focus({ preventScroll: true });
    }
    prepare();
  }

  // The value of a curve that somebody reads stays while the point is there.
  function readAgain(place, label) {
    for (const point of place.querySelectorAll(".curve .point")) {
      if (point.getAttribute("aria-label") === label) {
        show(point);
        return;
      }
    }
  }

  // The alert that a push leads to stays marked: ":target" is lost with the element it was on.
  function aim(shown) {
    const id = location.hash.slice(1);
    for (const other of shown.querySelectorAll(".aimed")) other.classList.remove("aimed");
    const place = id && shown.getElementById(id);
    if (place) place.classList.add("aimed");
  }

  // ---------------------------------------------------------------- how old it is

  function span(ms) {
    const s = Math.round(ms / 1000);
    const said = body.dataset;
    if (s < 60) return said.s.replace("{n}", String(s));
    if (s < 5400) return said.min.replace("{n}", String(Math.round(s / 60)));
    return said.h.replace("{n}", String(Math.round(s / 3600)));
  }

  function hear() {
    heard = Date.now();
    tell();
  }

  function tell() {
    if (!live || !lost) return;
    const age = Date.now() - heard;
    const old = age > OLD_AFTER_MS;
    live.classList.toggle("on", !old);
    body.classList.toggle("stale", old);
    const text = document.getElementById("lost-text");
    const said = old ? body.dataset.oldText.replace("{span}", span(age)) : "";
    if (text.textContent !== said) text.textContent = said;
    if (lost.hidden === old) lost.hidden = !old;
  }

  // ---------------------------------------------------------------- readings that move

  function read(event) {
    if (!concerns(event)) return;
    const found = JSON.parse(event.data);
    reading = Date.now();
    clap(found.level_db);
    for (const place of document.querySelectorAll("[data-reading]")) {
      const value = found[place.dataset.reading];
      if (place.tagName === "METER") {
        if (typeof value === "number") place.value = value;
      } else if (typeof value === "boolean") {
        write(place, value ? place.dataset.yes : place.dataset.no);
      } else if (typeof value === "number") {
        const decimals = Number(place.dataset.decimals || 0);
        const said = value.toLocaleString(document.documentElement.lang, {
          minimumFractionDigits: decimals,
          maximumFractionDigits: decimals,
        });
        write(place, `${said.replace("-", "\u2212")}\u00a0${place.dataset.unit}`);
      }
    }
  }

  // A clap is far louder than the half minute before it, also for a microphone that is turned down.
  function clap(level) {
    const place = document.querySelector("[data-clap]");
    if (!place || typeof level !== "number") return;
    const usual = [...levels].sort((a, b) => a - b)[levels.length >> 1];
    if (levels.length >= 4 && level > usual + CLAP_DB) {
      write(place, place.dataset.heard);
      place.classList.add("heard");
    }
    levels.push(level);
    if (levels.length > 60) levels.shift();
  }

  function write(place, text) {
    if (place.textContent !== text) place.textContent = text;
  }

  // ---------------------------------------------------------------- the stream

  function open() {
    if (stream && stream.readyState !== EventSource.CLOSED) return;
    stream = new EventSource("/api/stream");
    stream.addEventListener("open", () => {
      hear();
      soon();
    });
    stream.addEventListener("state", (event) => {
      hear();
      if (concerns(event)) soon();
    });
    stream.addEventListener("live", read);
    for (const kind of ["alert", "result"]) {
      stream.addEventListener(kind, (event) => {
        hear();
        if (concerns(event)) renew();
      });
    }
  }

  function concerns(event) {
    try {
      return !box || JSON.parse(event.data).box === box;
    } catch {
      return true;
    }
  }

  function wake() {
    if (document.visibilityState === "hidden") return;
    if (stream && Date.now() - heard > OLD_AFTER_MS) {
      stream.close(); // a phone that has slept does not notice that its connection is gone
      stream = null;
    }
    open();
    renew();
    tell();
  }

  // ---------------------------------------------------------------- small comforts

  function prepare() {
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    if (target.closest("[data-print]")) window.print();
    const point = target.closest(".curve .point");
    for (const other of document.querySelectorAll(".curve .point.on")) other.classList.remove("on");
    if (point) show(point);
  });

  // A value is drawn over the points that follow: what is shown goes to the end of its drawing.
  function show(point) {
    point.parentNode.append(point);
    point.classList.add("on");
  }

  document.addEventListener("keydown", (event) => {
    const svg = event.target instanceof Element ? event.target.closest(".curve") : null;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!svg || !step) return;
    const points = [...svg.querySelectorAll(".point")].sort((a, b) => at(a) - at(b));
    const now = points.findIndex((each) => each.classList.contains("on"));
    const next = points[now < 0 ? (step > 0 ? 0 : points.length - 1) : now + step];
    if (!next) return;
    event.preventDefault();
    for (const each of points) each.classList.remove("on");
    show(next);
    const spoken = svg.parentNode.querySelector("[role=status]") || announcer(svg);
    spoken.textContent = next.getAttribute("aria-label");
  });

  function at(point) {
    const box = point.querySelector(".hit").getBBox();
    return box.x + box.width / 2;
  }

  function announcer(svg) {
    const made = document.createElement("p");
    made.className = "spoken";
    made.setAttribute("role", "status");
    svg.parentNode.append(made);
    return made;
  }

  // Twice tapped is once meant; what never got an answer can be tapped again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    waits = true;
    unanswered(false);
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
    leave();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const here = link && link.pathname === location.pathname && link.search === location.search;
    if (link && !here && !link.target && !link.hasAttribute("download")) leave();
  });

  function leave() {
    left = Date.now();
    setTimeout(stay, ON_THE_WAY_MS + 100); // clocks are rounded
  }

  function stay() {
    if (Date.now() - left < ON_THE_WAY_MS) return; // something else was tapped meanwhile
    if (waits) unanswered(true);
    waits = false;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
    }
  }

  // Whether it was done nobody knows: the page, which goes on being renewed, will show it.
  function unanswered(is) {
    const said = document.getElementById("unanswered");
    if (said) said.hidden = !is;
  }

  window.addEventListener("pageshow", (event) => {
    left = 0;
    waits = false;
    stay();
    unanswered(false);
    if (event.persisted) wake();
  });

  prepare();
  aim(document);
  window.addEventListener("hashchange", () => aim(document));
  if (!live) return; // not paired yet
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  window.addEventListener("pagehide", () => {
    if (stream) stream.close();
    stream = null;
  });
  open();
  setInterval(() => {
    if (document.visibilityState === "hidden") return;
    if (Date.now() - heard > ASK_EVERY_MS) {
      if (stream && stream.readyState === EventSource.CLOSED) open();
      if (!fetching) renew();
    }
    tell();
  }, 5000);
  tell();
})();
