// main.js -- puts the page together.

function claimTable(run) {
  const rows = run.tests.map((c) => [
    el("span", { class: c.verdict === "held" || c.verdict === "failed" ? c.verdict : undefined }, c.verdict),
    [c.title !== "" ? el("strong", {}, c.title) : null, c.title !== "" ? el("br") : null, el("code", {}, c.text)],
    c.params, short(c.difference), short(c.bound), c.p === null ? "–" : String(+c.p.toPrecision(2)),
    c.level === null ? "–" : `${+(100 * c.level).toPrecision(6)} %`]);
  const keep = run.swept.size > 0 ? () => true : (x, i) => i !== 2;
  return table("Each claim with its paired test over the seeds",
    ["verdict", "claim", "params", "difference", "lower bound", "p", "level"].filter(keep),
    rows.map((row) => row.filter(keep)), run.swept.size > 0 ? 3 : 2);
}

function provenance(run) {
  const facts = [["run", String(run.number)], ["id", run.id], ["state", run.state], ["started", new Date(1000 * run.started).toISOString()],
    ["seconds", run.seconds === undefined ? "–" : run.seconds.toFixed(2)], ["steps made", String(run.made ?? "–")],
    ["steps from the store", String(run.reused ?? "–")], ["seeds used", run.seeds.join(", ")],
    ["digest of the results", run.digest || "–"], ["digest of the file", run.source], ["digest of the plan", run.digest_of_plan],
    ...Object.entries(run.provenance).filter(([, value]) => value !== ""), ["report by", `w2s ${run.w2s}`]];
  const quote = (text) => (/^[A-Za-z0-9_.,=/:+-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
  const { file, seeds, set } = run.provenance;
  const command = ["w2s run", ...(seeds ? ["--seeds", quote(seeds)] : []),
    ...(set || "").split("\n").filter((x) => x !== "").flatMap((x) => ["--set", quote(x)]), quote(file || "FILE")].join(" ");
  return [el("p", {}, "The command that gives the same numbers: ", el("code", {}, command)),
    table("Where the numbers come from", ["what", "value"], facts.map(([name, value]) => [name, el("code", {}, value)]), 9),
    el("details", {}, el("summary", {}, "The file that was run"), el("pre", { tabindex: "0" }, run.file))];
}

function header(run) {
  const theme = el("select", { id: "theme", change: (e) => {
    if (e.target.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = e.target.value;
  } }, ["auto", "light", "dark"].map((x) => el("option", { value: x }, x)));
  const held = run.tests.filter((c) => c.verdict === "held").length, tested = run.tests.filter((c) => c.verdict !== "untested").length;
  const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  document.title = `${run.title}: w2s report`;
  return [el("h1", {}, run.title),
    el("p", {}, `Run ${run.number}, ${run.state}; ${count(run.seeds.length, "seed")}, ${count(run.models.length, "model")}, ` +
      `${count(run.data.length, "data set")}${run.swept.size > 0 ? `, ${count(run.plan.points.length, "point")} of the sweep` : ""}. ` +
      (run.results.length === 0 ? "It has no results." : run.tests.length === 0 ? "The file makes no claim." : `${held} of ${count(tested, "tested claim")} held.`)),
    run.note ? el("p", { class: "note" }, run.note) : null, run.notes.map((text) => el("p", { class: "note" }, text)),
    el("div", { class: "tools" }, el("label", {}, "Colours ", theme),
      el("button", { type: "button", click: () => print() }, "Print"), el("button", { type: "button", click: () => save(`run-${run.number}.json`, "application/json", run.text) }, "All data as JSON"))];
}

function build(run) {
  const sections = [], redrawn = [];
  const section = (id, title, ...nodes) => sections.push({ id, title, node: el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), nodes) });
  const drawn = (draw) => {
    const place = el("div", {});
    redrawn.push(() => place.replaceChildren(...[draw()].flat(Infinity).filter((x) => x !== null)));
    return place;
  };
  const redraw = () => {
    redrawn.forEach((draw) => draw());
    const shown = document.getElementById("shown");
    if (shown !== null) shown.textContent = `${run.results.filter(isShown).length} of ${run.results.length} numbers are shown.`;
  };
  if (run.tests.length > 0) section("claims", "Claims", claimTable(run));
  if (run.results.length > 0) {
    section("results", "Results", el("p", { class: "dim" }, "A mean over the seeds, or a ratio of means, with its interval in brackets."), filters(run, redraw), drawn(() => [resultTables(run), refusals(run)]));
    section("overview", "Models side by side", drawn(() => overview(run)));
  }
  if (run.plots && run.plots.length > 0) section("plots", "Plots of the file", drawn(() => run.plots.map((plot) => sweepFigures(run, plot))));
  if (run.swept.size > 0) {
    const own = ownPlot(run);
    redrawn.push(own.draw);
    section("sweep", "Any number over the sweep", own.nodes);
  }
  if (run.predictions && run.predictions.length > 0) {
    section("calibration", "Calibration", calibrationText(run), drawn(() => calibration(run)));
    section("classes", "By class and group", drawn(() => byClass(run)));
  }
  if (run.curves && run.curves.length > 0) section("training", "Training", trainingText(run), drawn(() => training(run)));
  if (run.plan.steps.length > 0) section("plan", "The plan", planSection(run));
  if (run.flow) section("flow", "Flow of data", flowSection(run.flow));
  section("provenance", "Provenance", provenance(run));
  document.getElementById("head").append(...header(run).flat(Infinity).filter((x) => x !== null));
  document.getElementById("contents").append(el("ul", {}, sections.map((s) => el("li", {}, el("a", { href: `#${s.id}` }, s.title)))));
  document.getElementById("main").append(...sections.map((s) => s.node));
  redraw();
}

// On paper all tables are open.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")].filter((d) => d.id !== "filters");
  opened.forEach((d) => { d.open = true; });
});
addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));

build(readRun(document.getElementById("data").textContent));
