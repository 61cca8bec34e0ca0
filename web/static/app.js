// Small comforts. Every page works without them.
"use strict";

// ---------------------------------------------------------------- the stream: new alerts appear by themselves
const stream = document.querySelector("[data-stream]");
if (stream && window.EventSource) {
  let last = Number(stream.dataset.stream);
  const events = new EventSource(`/stream/events?after=${last}`);
  events.addEventListener("alert", async (event) => {
    const answer = await fetch(`/stream/after/${last}?${stream.dataset.query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) { events.close(); return; }
    const piece = document.createElement("template");
    piece.innerHTML = await answer.text();
    const known = new Set([...document.querySelectorAll("[data-alert]")].map((card) => card.dataset.alert));
    const fresh = [...piece.content.querySelectorAll("[data-alert]")].filter((card) => !known.has(card.dataset.alert));
    stream.prepend(...fresh);
    last = Math.max(last, Number(event.data));
    if (fresh.length) {
      document.querySelector(".empty")?.remove();
      const live = document.querySelector("[data-live]");
      live.textContent = live.dataset.live;
    }
  });
  window.addEventListener("pagehide", () => events.close());
}

// ---------------------------------------------------------------- a narrow window: the page that one is on is in sight
document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// ---------------------------------------------------------------- filters: no button to press
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    form.submit();
  });
}

// ---------------------------------------------------------------- the time zone of a new account
const zone = document.querySelector("[data-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

// ---------------------------------------------------------------- who writes where they want to be told has chosen it
for (const field of document.querySelectorAll(".card input[name^='value-']")) {
  field.addEventListener("input", () => { field.closest(".card").querySelector("[name=way]").checked = true; });
}

// ---------------------------------------------------------------- addresses to be copied
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy), name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value); }
    catch { document.execCommand("copy"); } // over plain HTTP there is no other way
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

// ---------------------------------------------------------------- the rule editor: checked and tried as one types
const editor = document.querySelector("form[data-check]");
if (editor) {
  const rule = editor.querySelector("textarea[name=rule]");
  const result = document.querySelector("#result");
  const bar = document.querySelector("#asking"), unheard = document.querySelector("#unheard");
  let timer = 0, turn = 0, asked = null;
  const lines = async function* (answer) { // of JSON, as they come
    const stream = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let kept = ""; ;) {
      const { value, done } = await stream.read();
      if (done) return;
      const parts = (kept + value).split("\n");
      kept = parts.pop();
      for (const part of parts) yield JSON.parse(part);
    }
  };
  const check = async () => {
    const mine = ++turn;
    asked?.abort();
    asked = new AbortController();
    result.setAttribute("aria-busy", "true");
    unheard.hidden = true;
    bar.removeAttribute("value");
    const late = setTimeout(() => { bar.hidden = false; }, 300); // a quick answer needs no bar
    let html = null;
    try {
      const answer = await fetch(editor.dataset.check, { method: "POST", body: new FormData(editor), signal: asked.signal });
      if (answer.ok && !answer.redirected) for await (const line of lines(answer)) {
        if (mine === turn && line.share !== undefined) bar.value = line.share;
        html = line.html ?? html;
      }
    } catch (error) { if (error.name === "AbortError") return; }
    finally { clearTimeout(late); }
    if (mine !== turn) return;
    bar.hidden = true;
    result.removeAttribute("aria-busy");
    unheard.hidden = html !== null;
    if (html === null) return;
    result.innerHTML = html;
    document.dispatchEvent(new Event("rule:changed"));
    rule.setAttribute("aria-invalid", String(Boolean(result.querySelector("[data-wrong]"))));
    group();
  };
  const group = async () => { // what the hits are about takes a while: it comes after the rest
    const mine = turn, place = result.querySelector("[data-contexts]");
    if (!place || place.querySelector(".contexts, [data-one]")) return;
    place.setAttribute("aria-busy", "true");
    const answer = await fetch(place.dataset.contexts, { method: "POST", body: new FormData(editor) });
    if (mine !== turn) return;
    place.removeAttribute("aria-busy");
    if (answer.status === 200) place.innerHTML = await answer.text();
  };
  group();
  rule.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 600); });
  document.addEventListener("click", (event) => {
    const clause = event.target.closest("[data-clause]");
    if (!clause) return;
    event.preventDefault();
    rule.value = clause.dataset.clause;
    document.dispatchEvent(new Event("rule:changed"));
    check();
    rule.focus();
  });
}

// ---------------------------------------------------------------- keys: j and k go through stories, / searches
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "/") { event.preventDefault(); const box = document.querySelector("#f-q"); box ? box.focus() : location.assign("/search"); }
  if (event.key !== "j" && event.key !== "k") return;
  const links = [...document.querySelectorAll(".story h3 a")];
  const place = links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
  links[Math.max(0, Math.min(links.length - 1, place))]?.focus();
});
