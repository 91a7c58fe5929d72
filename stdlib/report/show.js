// show.js -- the parts of the page: tables, figures with the data behind them, filters.

// --- tables and figures --------------------------------------------------------------------------------

// head: texts; rows: lists of texts and nodes. Columns from `numbers` on stand to the right.
function table(caption, head, rows, numbers) {
  const cell = (tag, x, i, more) => el(tag, { ...more, class: i >= numbers ? "number" : undefined }, x);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, head.map((x, i) => cell("th", x, i, { scope: "col" })))),
      el("tbody", {}, rows.map((row) => el("tr", {},
        row.map((x, i) => (i === 0 ? cell("th", x, i, { scope: "row" }) : cell("td", x, i))))))));
}

// A browser may be slow to read what it saves: the blob stays for a while.
function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

const fileName = (title) => title.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80) || "data";

// The data behind a figure, to keep: names of its columns, and rows of texts and numbers.
function downloads(title, head, rows) {
  const objects = () => rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? null])));
  return el("div", { class: "tools" },
    el("button", { type: "button", "aria-label": `data of ${title} as CSV`, click: () => save(fileName(title) + ".csv", "text/csv", csv(head, rows)) }, "CSV"),
    el("button", { type: "button", "aria-label": `data of ${title} as JSON`, click: () => save(fileName(title) + ".json", "application/json", JSON.stringify(objects(), null, 1)) }, "JSON"));
}

function figure(title, drawing, head, rows, numbers) {
  const text = (x) => (typeof x === "number" ? short(x) : x === null || x === undefined ? "–" : x);
  return el("figure", {}, el("figcaption", {}, title),
    drawing || el("p", { class: "dim" }, "There is no number to draw."),
    el("details", {}, el("summary", {}, "As a table"), table(title, head, rows.map((row) => row.map(text)), numbers)),
    downloads(title, head, rows));
}

// --- the numbers ---------------------------------------------------------------------------------------

const named = (r) => (r.params === "" ? r.model : `${r.model}, ${r.params}`);
const tip = (r) => `${r.metric} of ${named(r)} on ${r.on}: ${withInterval(r)}`;

function numberCell(r) {
  if (!hasInterval(r)) return el("span", { title: r.refused }, withInterval(r));
  return [short(r.mean), el("span", { class: "interval" }, ` [${short(r.low)}, ${short(r.high)}]`)];
}

// A table for each data: a row for each model and point, a column for each metric.
function resultTables(run) {
  const shown = run.results.filter(isShown);
  return unique(shown.map((r) => r.on)).map((on) => {
    const here = shown.filter((r) => r.on === on), metrics = unique(here.map((r) => r.metric));
    const at = new Map(here.map((r) => [JSON.stringify([r.model, r.params, r.metric]), r]));
    const swept = run.swept.size > 0, rows = new Map();
    for (const r of here) rows.set(JSON.stringify([r.model, r.params]), r);
    const lines = [...rows.values()].map((r) => [r.model, ...(swept ? [r.params] : []),
      ...metrics.map((metric) => {
        const number = at.get(JSON.stringify([r.model, r.params, metric]));
        return number === undefined ? "" : numberCell(number);
      })]);
    return table(on, ["model", ...(swept ? ["params"] : []), ...metrics], lines, swept ? 2 : 1);
  });
}

// Why some have no number, each reason once.
function refusals(run) {
  const reasons = new Map();
  for (const r of run.results.filter((x) => isShown(x) && x.refused)) {
    const key = `${r.metric}: ${r.refused}`;
    reasons.set(key, (reasons.get(key) || 0) + 1);
  }
  if (reasons.size === 0) return null;
  return el("details", {}, el("summary", {}, "Why some numbers are not given"),
    el("ul", {}, [...reasons].map(([text, n]) => el("li", {}, `${text} (${n} number${n === 1 ? "" : "s"})`))));
}

const MOST_ROWS = 72;

// A figure for each metric: every model with its interval, by data.
function overview(run) {
  const shown = run.results.filter(isShown);
  return unique(shown.map((r) => r.metric)).map((metric) => {
    const here = shown.filter((r) => r.metric === metric), some = here.filter((r) => r.mean !== null);
    if (some.length === 0) return null;
    const drawn = some.slice(0, MOST_ROWS);
    const groups = unique(drawn.map((r) => r.on)).map((on) => ({
      name: on,
      rows: drawn.filter((r) => r.on === on).map((r) => ({
        name: named(r), series: run.models.indexOf(r.model), mean: r.mean, low: r.low, high: r.high, tip: tip(r),
      })),
    }));
    const title = `${metric}, by model and data`;
    const rows = here.map((r) => [r.model, r.params, r.on, r.mean, r.low, r.high, r.level, r.refused || ""]);
    const made = figure(title, intervalPlot(title, groups), ["model", "params", "on", "mean", "low", "high", "level", "refused"], rows, 3);
    if (some.length > drawn.length) {
      made.append(el("p", { class: "dim" }, `The first ${drawn.length} of ${some.length} are drawn: the filters choose others.`));
    }
    return made;
  });
}

// --- sweeps --------------------------------------------------------------------------------------------

const MOST_PANELS = 12;

// What a number belongs to besides the axis and the lines: a panel for each.
function panelOf(r, plot) {
  const rest = [...r.point].filter(([name]) => name !== plot.over && name !== plot.by).map(([name, value]) => `${name} = ${value}`);
  if (plot.by !== "model") rest.push(r.model);
  return rest.join(", ");
}

function sweepFigure(run, plot, panel, here) {
  const lineOf = (r) => (plot.by === "model" ? r.model : `${plot.by} = ${r.point.get(plot.by)}`);
  const order = plot.by === "model" ? run.models : run.swept.get(plot.by).map((v) => `${plot.by} = ${v}`);
  const series = unique(here.map(lineOf)).map((name) => ({
    name,
    number: order.indexOf(name),
    points: here.filter((r) => lineOf(r) === name).map((r) => ({ x: r.point.get(plot.over), mean: r.mean, low: r.low, high: r.high, tip: tip(r) })),
  }));
  const title = `${plot.metric} over ${plot.over} by ${plot.by} on ${plot.on}${panel === "" ? "" : ` (${panel})`}`;
  const xs = run.swept.get(plot.over).filter((v) => here.some((r) => r.point.get(plot.over) === v));
  const rows = here.map((r) => [r.point.get(plot.over), lineOf(r), r.mean, r.low, r.high, r.level, r.refused || ""]);
  return figure(title, linePlot(title, plot.over, plot.metric, xs, series), [plot.over, plot.by, "mean", "low", "high", "level", "refused"], rows, 2);
}

function sweepFigures(run, plot) {
  const swept = (name) => run.swept.has(name);
  if (!swept(plot.over) || (plot.by !== "model" && !swept(plot.by))) return [];
  const here = run.results.filter((r) => r.metric === plot.metric && r.on === plot.on && r.point.has(plot.over) && isShown(r));
  const panels = unique(here.map((r) => panelOf(r, plot)));
  const figures = panels.slice(0, MOST_PANELS).map((panel) => sweepFigure(run, plot, panel, here.filter((r) => panelOf(r, plot) === panel)));
  if (panels.length > MOST_PANELS) {
    figures.push(el("p", { class: "dim" }, `The first ${MOST_PANELS} of ${panels.length} plots are drawn: the filters choose others.`));
  }
  return figures;
}

// A plot that the reader asks for.
function ownPlot(run) {
  const place = el("div", {}), choice = {};
  const choose = (name, values) => {
    choice[name] = el("select", { id: `own-${name}`, change: draw }, values.map((v) => el("option", { value: v }, v)));
    return el("label", {}, `${name} `, choice[name]);
  };
  function draw() {
    const plot = Object.fromEntries(Object.entries(choice).map(([name, select]) => [name, select.value]));
    place.replaceChildren(...(plot.over === plot.by ? [el("p", { class: "dim" }, "A param is not plotted over itself.")] : sweepFigures(run, plot)));
  }
  const tools = el("div", { class: "tools", role: "group", "aria-label": "what to plot" }, choose("metric", run.metrics),
    choose("over", [...run.swept.keys()]), choose("by", ["model", ...run.swept.keys()]), choose("on", run.data));
  return { nodes: [tools, place], draw };
}

// --- filters -------------------------------------------------------------------------------------------

function filterSet(title, kind, values, changed) {
  if (values.length < 2) return null;
  const boxes = values.map((value) => el("input", { type: "checkbox", checked: true, change: (e) => { hide(kind, value, !e.target.checked); changed(); } }));
  const all = (on) => {
    boxes.forEach((box, i) => { box.checked = on; hide(kind, values[i], !on); });
    changed();
  };
  return el("fieldset", {}, el("legend", {}, title), values.map((value, i) => el("label", {}, boxes[i], " ", value)),
    el("button", { type: "button", "aria-label": `${title}: all`, click: () => all(true) }, "all"),
    el("button", { type: "button", "aria-label": `${title}: none`, click: () => all(false) }, "none"));
}

function filters(run, changed) {
  return el("details", { id: "filters" }, el("summary", {}, "Filters"),
    filterSet("models", "model", run.models, changed), filterSet("data", "data", run.data, changed),
    filterSet("metrics", "metric", run.metrics, changed),
    [...run.swept].map(([name, values]) => filterSet(name, "=" + name, values, changed)),
    el("p", { class: "dim", id: "shown", role: "status" }));
}
