// Colours the rule as it is typed: a layer above the text area shows the same letters in colours. Without it the text
// area shows them itself.
"use strict";

const KINDS = [ // the first that fits at a place
  ["comment", /(?<=^|\n)[ \t]*#(?= |$|\n)[^\n]*/y],
  ["quoted", /[=~]?(?:"[^"]*"|“[^”]*”|«[^»]*»)/y],
  ["name", /[@#](?:"[^"]*"|[^\s()",^]+)/y],
  ["operator", /(?:AND|OR|NOT|(?:NEAR|BEFORE)(?:\/\d+)?)(?=[\s()]|$)|(?:SENT|PARA|(?:ATLEAST|ANY|SCORE)(?:\/\d+)?)(?=\s*\()|-(?=\S)/y],
  ["field-name", /[A-Za-z_]+:(?!\/\/)/y],
  ["weight", /\^[+-]?\d+(?:\.\d+)?/y],
  ["", /[^\s()",^]+|[^]/y],
];

const pieces = (text) => { // [kind, its letters], all of them in order
  const found = [];
  for (let at = 0; at < text.length;) {
    for (const [kind, form] of KINDS) {
      form.lastIndex = at;
      const letters = form.exec(text)?.[0];
      if (!letters) continue;
      found.push([kind, letters]);
      at += letters.length;
      break;
    }
  }
  return found;
};

const painted = (text) => pieces(text).map(([kind, letters]) => {
  if (!kind) return document.createTextNode(letters);
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = letters;
  return span;
});

for (const shown of document.querySelectorAll("pre.rule")) shown.replaceChildren(...painted(shown.textContent));

const rule = document.querySelector("textarea.rule");
if (rule) {
  const frame = document.createElement("div"), layer = document.createElement("pre");
  frame.className = "painted";
  layer.setAttribute("aria-hidden", "true");
  rule.before(frame);
  frame.append(rule, layer);
  const paint = () => {
    layer.replaceChildren(...painted(rule.value), "\n"); // so that a last empty line has its height
    mark();
    layer.scrollTop = rule.scrollTop;
  };
  const mark = () => { // the place of the mistake that was found last, as long as the rule is the one that was looked at
    CSS.highlights?.delete("mistake");
    const wrong = document.querySelector("[data-wrong]");
    if (!wrong || !CSS.highlights || wrong.dataset.rule !== rule.value.trim()) return;
    const before = rule.value.length - rule.value.trimStart().length, letters = [...rule.value.trim()];
    const place = (count) => before + letters.slice(0, count).join("").length;
    const from = place(Number(wrong.dataset.start)), to = Math.max(place(Number(wrong.dataset.end)), from + 1);
    const range = new Range(), walk = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
    let passed = 0, begun = false;
    for (let node = walk.nextNode(); node; passed += node.length, node = walk.nextNode()) {
      if (!begun && from <= passed + node.length) { range.setStart(node, from - passed); begun = true; }
      if (begun && to <= passed + node.length) { range.setEnd(node, to - passed); CSS.highlights.set("mistake", new Highlight(range)); return; }
    }
  };
  rule.addEventListener("input", paint);
  rule.addEventListener("scroll", () => { layer.scrollTop = rule.scrollTop; });
  document.addEventListener("rule:changed", paint);
  paint();
}
