// plan.js -- the plan as a picture: boxes in layers from left to right, each to the right of all it needs.
// Steps that say nothing of their own are left out (their edges go through), and what is measured is one box, so
// that the picture is as large as the experiment, not as its tables.

const BOX = { width: 134, height: 36, across: 172, down: 48, bend: 16 };
const SILENT = new Set(["init", "predict", "compare", "mce"]);
const DATA_AND_MODELS = new Set(["load", "split", "take", "where", "stride", "reclass", "noise", "standardize", "shift", "train", "weigh", "rules"]);

// Steps whose results are measured and used for nothing else, such as the votes of rules on test rows.
function onlyMeasured(steps) {
  const used = new Map(steps.map((s) => [s.id, []])), measured = new Set();
  for (const s of steps) for (const id of s.in) if (used.has(id)) used.get(id).push(s);
  for (const s of [...steps].reverse()) {
    const isEnd = (c) => c.kind === "evaluate" || measured.has(c.id);
    if (!DATA_AND_MODELS.has(s.kind) && s.kind !== "evaluate" && used.get(s.id).length > 0 && used.get(s.id).every(isEnd)) measured.add(s.id);
  }
  return measured;
}

// From steps to nodes: [{ kind, label, gold, n, from: Set of nodes }], a node after all it needs.
function planNodes(steps) {
  const nodes = [], groups = new Map(), of = new Map(), measured = onlyMeasured(steps);
  const node = (key, kind, label) => {
    if (!groups.has(key)) {
      groups.set(key, { kind, label, gold: false, n: 0, from: new Set() });
      nodes.push(groups.get(key));
    }
    return groups.get(key);
  };
  for (const s of steps) {
    const needed = s.in.flatMap((id) => [...(of.get(id) || [])]);
    if (SILENT.has(s.kind) || measured.has(s.id)) { of.set(s.id, new Set(needed)); continue; }
    const isGroup = s.kind === "evaluate" || s.kind === "claim";
    const made = isGroup ? node(s.kind, s.kind, "") : node(s.id, s.kind, s.label);
    made.n++;
    made.gold = made.gold || (s.gold && !isGroup);
    needed.forEach((from) => made.from.add(from));
    of.set(s.id, new Set([made]));
  }
  const rank = (node) => ["evaluate", "claim"].indexOf(node.kind); // a group stands where its first step does
  return nodes.sort((a, b) => rank(a) - rank(b));
}

// Layers of nodes, and of bends where edges of a node pass a layer; edges join neighbours only.
function planLayers(nodes) {
  const layers = [], edges = [];
  const put = (node, layer) => {
    (layers[layer] = layers[layer] || []).push(node);
    node.layer = layer;
  };
  for (const node of nodes) node.layer = Math.max(-1, ...[...node.from].map((f) => f.layer)) + 1;
  for (const node of nodes) put(node, node.layer);
  for (const from of nodes) {
    const users = nodes.filter((node) => node.from.has(from)), last = Math.max(0, ...users.map((node) => node.layer));
    const chain = [from];
    for (let layer = from.layer + 1; layer < last; layer++) {
      const bend = { bend: true };
      put(bend, layer);
      edges.push([chain[chain.length - 1], bend]);
      chain.push(bend);
    }
    for (const node of users) edges.push([chain[node.layer - 1 - from.layer], node]);
  }
  return { layers, edges };
}

// Fewer crossings: each layer is sorted by the mean place of its neighbours, some times to and fro
// (Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of hierarchical system structures").
function planOrder(layers, edges) {
  const size = (node) => (node.bend ? BOX.bend : BOX.down);
  const number = () => layers.forEach((layer) => {
    let at = -layer.reduce((sum, node) => sum + size(node), 0) / 2;
    for (const node of layer) {
      node.place = at + size(node) / 2;
      at += size(node);
    }
  });
  const before = new Map(), after = new Map();
  for (const [a, b] of edges) {
    before.set(b, [...(before.get(b) || []), a]);
    after.set(a, [...(after.get(a) || []), b]);
  }
  number();
  for (let round = 0; round < 8; round++) {
    const beside = round % 2 === 0 ? before : after;
    for (const layer of layers) {
      const mean = new Map(layer.map((node) => {
        const near = beside.get(node) || [];
        return [node, near.length === 0 ? node.place : near.reduce((sum, x) => sum + x.place, 0) / near.length];
      }));
      layer.sort((a, b) => mean.get(a) - mean.get(b));
    }
    number();
  }
}

function planBox(node) {
  const plural = node.n === 1 ? "" : "s", what = node.kind;
  const label = what === "evaluate" ? `${node.n} number${plural}` : what === "claim" ? `${node.n} test${plural}` : node.label;
  const x = node.x - BOX.width / 2, y = node.y - BOX.height / 2;
  return svg("g", {}, svg("title", {}, `${what} ${label}${node.gold ? "; reads gold labels" : ""}`),
    svg("rect", { class: node.gold ? "box gold" : "box", x, y, width: BOX.width, height: BOX.height, rx: 4 }),
    svg("text", { class: "dim", x: node.x, y: y + 14, "text-anchor": "middle" }, what),
    svg("text", { x: node.x, y: y + 29, "text-anchor": "middle" }, cut(label, 20)));
}

function planPicture(run) {
  const nodes = planNodes(run.plan.steps), { layers, edges } = planLayers(nodes);
  if (nodes.length === 0 || nodes.length > 200) return null;
  planOrder(layers, edges);
  const most = Math.max(...layers.flat().map((node) => Math.abs(node.place)));
  const height = 2 * most + BOX.down + 4, width = (layers.length - 1) * BOX.across + BOX.width + 12;
  for (const layer of layers) {
    for (const node of layer) {
      node.x = 6 + BOX.width / 2 + layers.indexOf(layer) * BOX.across;
      node.y = height / 2 + node.place;
    }
  }
  const children = edges.map(([a, b]) => {
    const x0 = a.x + (a.bend ? 0 : BOX.width / 2), x1 = b.x - (b.bend ? 0 : BOX.width / 2), middle = (x0 + x1) / 2;
    return svg("path", { class: "edge", d: `M${x0},${a.y}C${middle},${a.y} ${middle},${b.y} ${x1},${b.y}` });
  });
  const picture = svg("svg", { class: width < 1500 ? "plan fits" : "plan", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "The plan, from data to numbers; the table below has every step" },
    children, nodes.map(planBox));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "picture of the plan" }, picture);
}

function planSection(run) {
  const { steps, points, n_steps: all } = run.plan;
  const where = `for seed ${run.seeds[0]}` + (points.length > 1 ? `, at the first point of the sweep (${points[0]})` : "");
  const rows = steps.map((s) => [String(s.id), s.kind, s.label, s.in.join(", "), s.gold ? "read" : "–", el("code", {}, s.key.slice(0, 12))]);
  return [el("p", { class: "dim" }, `${steps.length} of ${all} steps: those ${where}. A thick frame: it reads gold labels. Starts of models, predictions and means over seeds are not drawn.`),
    planPicture(run) || el("p", { class: "dim" }, "The plan is too large for a picture."),
    el("details", {}, el("summary", {}, "Every step"), table("Steps of the plan", ["step", "kind", "label", "from", "gold labels", "key"], rows, 9))];
}

function flowSection(flow) {
  const models = (list) => list.map((m) => (m.rows === null ? m.model : `${m.model} (${m.rows})`)).join(", ") || "–";
  const rows = flow.stages.map((s) => [s.kind, s.name || models(s.models || []), s.features, s.gold === null ? "–" : "read", models(s.through), models(s.seen)]);
  const twins = flow.twins.filter((t) => t.rows > 0).map((t) =>
    el("li", {}, `${t.rows} row${t.rows === 1 ? "" : "s"} of ${t.measured} ${t.rows === 1 ? "has" : "have"} the features of a row of ${t.trained}.`));
  return [table("Which data each stage reads", ["stage", "name", "features of", "their gold labels", "gold labels through others", "trained on these rows"], rows, 9),
    twins.length > 0 ? el("ul", {}, twins) : flow.twins.length > 0 ? el("p", {}, "No test row has the features of a row that was trained on.") : null];
}
