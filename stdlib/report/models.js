// models.js -- what the store has of models: calibration, classes and groups, training curves.

const here = (run) => (run.plan.points.length > 1 ? ` At the first point of the sweep: ${run.plan.points[0]}.` : "");

function calibrationText(run) {
  return el("p", { class: "dim" }, "Rows are put into ten bins by the probability of the predicted class, the rows of all seeds together. Below the dashed line a model " +
    `is surer than it is right (Guo et al. 2017).${here(run)}`);
}

const shownPredictions = (run) => run.predictions.filter((p) => !isHidden("model", p.model) && !isHidden("data", p.on));

function calibration(run) {
  const shown = shownPredictions(run);
  return unique(shown.map((p) => p.on)).map((on) => {
    const title = `Reliability on ${on}`, models = shown.filter((p) => p.on === on);
    const full = models.map((p) => ({ ...p, bins: p.bins.filter((b) => b.n > 0) }));
    const series = full.filter((p) => p.bins.length > 0).map((p) => ({
      name: p.model,
      number: run.models.indexOf(p.model),
      points: p.bins.map((b) => ({ x: b.confidence, y: b.right / b.n, tip: `${p.model}, ${b.low} to ${b.high}: ${b.n} rows, confidence ${short(b.confidence)}, right ${short(b.right / b.n)}` })),
    }));
    const rows = full.flatMap((p) => p.bins.map((b) => [p.model, `${b.low} to ${b.high}`, String(b.n), b.confidence, b.right / b.n]));
    const broken = models.filter((p) => p.nan > 0).map((p) => el("p", { class: "dim" }, `${p.nan} of ${p.n} predictions of ${p.model} are no numbers, and in no bin.`));
    return [figure(title, series.length > 0 ? reliabilityPlot(title, series) : null, ["model", "bin", "rows", "confidence", "right"], rows, 2), ...broken];
  });
}

function shareFigure(run, title, models, kind) {
  const names = unique(models.flatMap((p) => p[kind].map((g) => g.name)));
  const cells = names.flatMap((name) => models.flatMap((p) => p[kind].filter((g) => g.name === name && g.n > 0).map((g) => ({ name, p, g }))));
  const groups = names.map((name) => ({
    name,
    rows: cells.filter((c) => c.name === name).map(({ p, g }) => ({
      name: p.model, series: run.models.indexOf(p.model), share: g.right / g.n, tip: `${p.model}, ${name}: ${g.right} of ${g.n} rows right`,
    })),
  })).filter((g) => g.rows.length > 0);
  if (groups.length === 0) return null;
  return figure(title, barPlot(title, groups), [kind === "groups" ? "group" : "class", "model", "rows", "right", "share"],
    cells.map(({ name, p, g }) => [name, p.model, String(g.n), String(g.right), g.right / g.n]), 2);
}

function byClass(run) {
  const shown = shownPredictions(run);
  return unique(shown.map((p) => p.on)).flatMap((on) => {
    const models = shown.filter((p) => p.on === on);
    return [shareFigure(run, `Right rows of each group of ${on}`, models, "groups"), shareFigure(run, `Right rows of each class of ${on}`, models, "classes")];
  });
}

function trainingText(run) {
  return el("p", { class: "dim" }, `The mean of what a model learns to make small, after each epoch, a line for each seed. Models that learn different things cannot be compared by it.${here(run)}`);
}

function curveFigure(title, yName, curves, of) {
  const xs = Array.from({ length: Math.max(...curves.map((c) => of(c).length)) }, (_, i) => String(i + 1));
  const nameOf = (c) => (c.seed === undefined ? "all seeds" : `seed ${c.seed}`);
  const series = curves.map((c, number) => ({
    name: nameOf(c),
    number,
    points: of(c).map((y, i) => ({ x: xs[i], mean: y, low: null, high: null, tip: `${nameOf(c)}, epoch ${i + 1}: ${short(y)}` })),
  }));
  const rows = xs.map((x, i) => [x, ...curves.map((c) => of(c)[i])]);
  return figure(title, linePlot(title, "epoch", yName, xs, series), ["epoch", ...curves.map(nameOf)], rows, 1);
}

function training(run) {
  const shown = run.curves.filter((c) => !isHidden("model", c.model));
  return unique(shown.map((c) => c.model)).flatMap((model) => {
    const curves = shown.filter((c) => c.model === model), scored = curves.filter((c) => c.score);
    return [curveFigure(`Loss of ${model}`, "loss", curves, (c) => c.loss),
      scored.length > 0 ? curveFigure(`Score that selects the epoch of ${model}`, "score", scored, (c) => c.score) : null];
  });
}
