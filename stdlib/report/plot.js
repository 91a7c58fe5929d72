// plot.js -- plots as SVG: intervals in rows, lines over a param, shares as bars, reliability diagrams. Colours come from the
// style sheet, so that a plot follows the page from light to dark and to paper.

const COLOURS = 7, WIDTH = 760;

// Round places from low to high, about n of them (1, 2 or 5 times a power of ten apart).
function ticks(low, high, n) {
  const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= raw * 0.999);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) list.push(Number((i * step).toPrecision(12)));
  return list;
}

// From numbers to places: { at(x), ticks }. Some room is left on both sides.
function linear(values, from, to, n) {
  let low = Math.min(...values), high = Math.max(...values);
  if (low === high) { low -= Math.abs(low) / 10 || 0.5; high += Math.abs(high) / 10 || 0.5; }
  const room = (high - low) * 0.04;
  low -= room;
  high += room;
  return { at: (x) => from + ((x - low) / (high - low)) * (to - from), ticks: ticks(low, high, n) };
}

function logarithmic(values, from, to) {
  const logs = values.map(Math.log10), scale = linear(logs, from, to, 1);
  return { at: (x) => scale.at(Math.log10(x)), ticks: values };
}

// Values of a param: numbers where all are, on a logarithmic axis where they span much; else one place each.
function paramScale(texts, from, to) {
  const numbers = texts.map(Number);
  if (texts.every((t, i) => t.trim() !== "" && Number.isFinite(numbers[i]))) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const scale = low > 0 && high / low >= 50 ? logarithmic(numbers, from, to) : linear(numbers, from, to, 6);
    return { at: (text) => scale.at(Number(text)), marks: scale.ticks.map((x) => [scale.at(x), String(x)]), joined: true };
  }
  const at = (text) => from + ((texts.indexOf(text) + 0.5) / texts.length) * (to - from);
  return { at, marks: texts.map((t) => [at(t), t]), joined: false };
}

const cut = (text, n) => (text.length > n ? text.slice(0, n - 1) + "…" : text);

// One of four shapes about (x, y).
function dot(shape, x, y) {
  const r = 4.5;
  const path = [
    `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`,
    `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`,
    `M${x},${y - r - 1}l${r + 1},${2 * r}h${-2 * (r + 1)}Z`,
    `M${x},${y - r - 1.5}l${r + 1.5},${r + 1.5}l${-r - 1.5},${r + 1.5}l${-r - 1.5},${-r - 1.5}Z`,
  ][shape % 4];
  return svg("path", { class: "dot", d: path });
}

const dashes = ["", "6 3", "2 3", "8 3 2 3"];

function canvas(height, label, children) {
  return svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, children);
}

// groups: [{ name, rows: [{ name, series, mean, low, high, tip }] }]; rows without a mean are given as such.
function intervalPlot(label, groups) {
  const rows = groups.flatMap((g) => g.rows), left = 250, right = WIDTH - 20, pitch = 22;
  const values = rows.flatMap((r) => (r.mean === null ? [] : [r.mean, r.low ?? r.mean, r.high ?? r.mean]));
  if (values.length === 0) return null;
  const scale = linear(values, left, right, 7), children = [];
  let y = 8;
  const bottom = y + pitch * (rows.length + groups.filter((g) => g.name !== "").length) + 4;
  for (const t of scale.ticks) {
    const x = scale.at(t);
    children.push(svg("line", { class: "grid", x1: x, x2: x, y1: y, y2: bottom }),
      svg("text", { x, y: bottom + 16, "text-anchor": "middle" }, String(t)));
  }
  for (const group of groups) {
    if (group.name !== "") {
      children.push(svg("text", { class: "group", x: 4, y: y + 15 }, cut(group.name, 100)));
      y += pitch;
    }
    for (const r of group.rows) {
      const middle = y + pitch / 2;
      children.push(svg("text", { x: left - 10, y: middle + 4, "text-anchor": "end" }, cut(r.name, 38)));
      if (r.mean === null) {
        children.push(svg("text", { class: "dim", x: left + 4, y: middle + 4 }, "no number"));
      } else {
        const mark = svg("g", { class: `c${r.series % COLOURS}` }, svg("title", {}, r.tip));
        if (r.low !== null && r.high !== null) {
          mark.append(svg("path", { class: "mark", d: `M${scale.at(r.low)},${middle - 4}v8m0,-4H${scale.at(r.high)}m0,-4v8` }));
        }
        mark.append(dot(r.series, scale.at(r.mean), middle));
        children.push(mark);
      }
      y += pitch;
    }
  }
  return canvas(bottom + 24, label, children);
}

// The names of the series above the plot, in lines that fit; gives the height they take.
function legend(children, series, left) {
  let x = left, y = 14;
  for (const s of series) {
    const text = cut(s.name, 60), width = 46 + 7.2 * text.length;
    if (x > left && x + width > WIDTH) { x = left; y += 18; }
    children.push(svg("g", { class: `c${s.number % COLOURS}` },
      svg("path", { class: "mark", d: `M${x},${y - 4}h22`, "stroke-dasharray": dashes[s.number % 4] }), dot(s.number, x + 11, y - 4)),
      svg("text", { x: x + 28, y }, text));
    x += width;
  }
  return y + 10;
}

// series: [{ name, number, points: [{ x (text), mean, low, high, tip }] }]; xs: the values of the param.
function linePlot(label, xName, yName, xs, series) {
  const drawn = series.map((s) => ({ ...s, points: s.points.filter((p) => p.mean !== null) })).filter((s) => s.points.length > 0);
  if (drawn.length === 0) return null;
  const left = 70, right = WIDTH - 20, children = [];
  const top = legend(children, drawn, left), bottom = top + 260;
  const values = drawn.flatMap((s) => s.points.flatMap((p) => [p.mean, p.low ?? p.mean, p.high ?? p.mean]));
  const yScale = linear(values, bottom, top, 6), xScale = paramScale(xs, left, right);
  for (const t of yScale.ticks) {
    const y = yScale.at(t);
    children.push(svg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }),
      svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, String(t)));
  }
  for (const [x, text] of xScale.marks) {
    children.push(svg("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5 }),
      svg("text", { x, y: bottom + 19, "text-anchor": "middle" }, cut(text, 24)));
  }
  children.push(svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("text", { class: "dim", x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, xName),
    svg("text", { class: "dim", x: 14, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + bottom) / 2})` }, yName));
  drawn.forEach((s, i) => {
    const shift = s.points.some((p) => p.low !== null) ? (i - (drawn.length - 1) / 2) * 5 : 0; // intervals beside each other
    const places = s.points.map((p) => [xScale.at(p.x) + shift, yScale.at(p.mean), p]).sort((a, b) => a[0] - b[0]);
    const group = svg("g", { class: `c${s.number % COLOURS}` });
    if (xScale.joined) {
      group.append(svg("path", { class: "mark", "stroke-dasharray": dashes[s.number % 4], d: "M" + places.map(([x, y]) => `${x},${y}`).join("L") }));
    }
    for (const [x, y, p] of places) {
      const mark = svg("g", {}, svg("title", {}, p.tip));
      if (p.low !== null && p.high !== null) {
        mark.append(svg("path", { class: "mark", d: `M${x - 3},${yScale.at(p.low)}h6m-3,0V${yScale.at(p.high)}m-3,0h6` }));
      }
      mark.append(dot(s.number, x, y));
      group.append(mark);
    }
    children.push(group);
  });
  return canvas(bottom + 46, label, children);
}

// Shares of 1. groups: [{ name, rows: [{ name, series, share, tip }] }]
function barPlot(label, groups) {
  const left = 250, right = WIDTH - 60, pitch = 15, gap = 24, children = [];
  const height = groups.reduce((sum, g) => sum + gap + pitch * g.rows.length, 0);
  const at = (x) => left + x * (right - left);
  for (const t of [0, 0.25, 0.5, 0.75, 1]) {
    children.push(svg("line", { class: "grid", x1: at(t), x2: at(t), y1: 8, y2: height + 8 }),
      svg("text", { x: at(t), y: height + 24, "text-anchor": "middle" }, String(t)));
  }
  let y = 8;
  for (const group of groups) {
    children.push(svg("text", { class: "group", x: 4, y: y + 16 }, cut(group.name, 34)));
    y += gap - 4;
    for (const r of group.rows) {
      children.push(svg("text", { x: left - 10, y: y + 11, "text-anchor": "end" }, cut(r.name, 34)),
        svg("g", { class: `c${r.series % COLOURS}` }, svg("title", {}, r.tip),
          svg("rect", { class: "bar", x: left, y: y + 2, width: Math.max(r.share * (right - left), 1), height: pitch - 3 })),
        svg("text", { x: at(r.share) + 6, y: y + 11 }, r.share.toFixed(3)));
      y += pitch;
    }
    y += 4;
  }
  return canvas(height + 32, label, children);
}

// Mean confidence across, share of right rows up; on the diagonal both are the same.
// series: [{ name, number, points: [{ x, y, tip }] }]
function reliabilityPlot(label, series) {
  const left = 70, children = [], top = legend(children, series, left), side = 360, bottom = top + side;
  const across = (x) => left + x * side, up = (y) => bottom - y * side;
  for (const t of [0, 0.25, 0.5, 0.75, 1]) {
    children.push(svg("line", { class: "grid", x1: across(t), x2: across(t), y1: top, y2: bottom }),
      svg("line", { class: "grid", x1: left, x2: left + side, y1: up(t), y2: up(t) }),
      svg("text", { x: across(t), y: bottom + 18, "text-anchor": "middle" }, String(t)),
      svg("text", { x: left - 8, y: up(t) + 4, "text-anchor": "end" }, String(t)));
  }
  children.push(svg("path", { class: "axis", d: `M${left},${bottom}L${left + side},${top}`, "stroke-dasharray": "4 4" }),
    svg("text", { class: "dim", x: left + side / 2, y: bottom + 38, "text-anchor": "middle" }, "mean confidence of the bin"),
    svg("text", { class: "dim", x: 14, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + bottom) / 2})` }, "share of its rows that are right"));
  for (const s of series) {
    children.push(svg("g", { class: `c${s.number % COLOURS}` },
      svg("path", { class: "mark", "stroke-dasharray": dashes[s.number % 4], d: "M" + s.points.map((p) => `${across(p.x)},${up(p.y)}`).join("L") }),
      s.points.map((p) => svg("g", {}, svg("title", {}, p.tip), dot(s.number, across(p.x), up(p.y))))));
  }
  return canvas(bottom + 46, label, children);
}
