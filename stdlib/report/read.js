// read.js -- the run that the page holds, its numbers by params, and which of them the filters show.
// All that comes from the run becomes a text node or an attribute that is text: never HTML.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function make(document_node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") document_node.addEventListener(name, value);
    else if (value === true) document_node.setAttribute(name, "");
    else if (value !== false && value !== undefined) document_node.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) document_node.append(child);
  }
  return document_node;
}
const el = (tag, attributes, ...children) => make(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => make(document.createElementNS(SVG, tag), attributes, children);

// "a = 1, b = [2, 3]" as pairs of name and text: commas within brackets and quotes divide nothing.
function readPoint(text) {
  const pairs = [];
  let depth = 0, quoted = false, from = 0;
  const take = (to) => {
    const part = text.slice(from, to), at = part.indexOf(" = ");
    if (at > 0) pairs.push([part.slice(0, at).trim(), part.slice(at + 3)]);
    from = to + 1;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && "([{".includes(c)) depth++;
    else if (!quoted && ")]}".includes(c)) depth--;
    else if (!quoted && depth === 0 && c === ",") take(i);
  }
  take(text.length);
  return new Map(pairs);
}

const unique = (list) => [...new Set(list)];

function readRun(text) {
  const page = JSON.parse(text);
  const run = { ...page.run, ...page, number: page.run.run, digest_of_plan: page.run.plan, text };
  for (const r of [...run.results, ...run.tests]) r.point = readPoint(r.params);
  run.models = unique(run.results.map((r) => r.model));
  run.data = unique(run.results.map((r) => r.on));
  run.metrics = unique(run.results.map((r) => r.metric));
  run.swept = new Map(); // name -> its values, as text, in order
  for (const r of run.results) {
    for (const [name, value] of r.point) {
      if (!run.swept.has(name)) run.swept.set(name, []);
      if (!run.swept.get(name).includes(value)) run.swept.get(name).push(value);
    }
  }
  return run;
}

// --- filters -----------------------------------------------------------------------------------------

// What is hidden: by kind ("model", "data", "metric", or a param's name after "=").
const hidden = new Map();

function isHidden(kind, value) {
  return hidden.has(kind) && hidden.get(kind).has(value);
}

function hide(kind, value, on) {
  if (!hidden.has(kind)) hidden.set(kind, new Set());
  if (on) hidden.get(kind).add(value);
  else hidden.get(kind).delete(value);
}

function pointIsShown(point) {
  for (const [name, value] of point) if (isHidden("=" + name, value)) return false;
  return true;
}

function isShown(r) {
  return !isHidden("model", r.model) && !isHidden("data", r.on) && !isHidden("metric", r.metric) && pointIsShown(r.point);
}

// --- numbers as text -----------------------------------------------------------------------------------

function short(x) {
  if (x === null || x === undefined) return "–";
  const size = Math.abs(x);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : x.toFixed(4);
}

const hasInterval = (r) => r.mean !== null && r.low !== null && r.high !== null;

function withInterval(r) {
  if (r.mean === null) return r.refused ? "refused" : "–";
  return hasInterval(r) ? `${short(r.mean)} [${short(r.low)}, ${short(r.high)}]` : short(r.mean);
}

function csv(head, rows) {
  const field = (x) => {
    const text = x === null || x === undefined ? "" : String(x);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}
