// ---- kinds of panels: each draws into `body` and says whether there was something to draw

function stackUp(series) {
  const sums = new Map();
  return series.map((one) => ({
    ...one,
    points: one.points.map(([time, value]) => { const under = sums.get(time) || 0; sums.set(time, under + value); return [time, under + value, under]; }),
    own: one.points,
  }));
}

function runs(points) {
  const found = [];
  points.forEach((point, i) => {
    if (i === 0 || point[0] - points[i - 1][0] > PAGE.step * 1.5) found.push([]);
    found[found.length - 1].push(point);
  });
  return found;
}

function timeseries(item, body) {
  const { panel } = item, custom = defaults(panel).custom || {}, unit = defaults(panel).unit;
  const all = seriesOf(item);
  if (!all.length) return false;
  const shown = new Set(all.keys());
  const plot = element("div", { class: "plot" });
  body.append(plot);
  const stacked = (custom.stacking || {}).mode === "normal";
  const redraw = () => {
    plot.replaceChildren();
    const visible = all.map((s, index) => ({ ...s, index })).filter((s) => shown.has(s.index));
    const drawn = stacked ? stackUp(visible) : visible;
    const right = drawn.filter((s) => overrides(panel, s.name)["custom.axisPlacement"] === "right");
    const main = drawn.filter((s) => !right.includes(s));
    const values = (main.length ? main : drawn).flatMap((s) => s.points.map(([, v]) => v));
    const limits = steps(panel).filter((s) => s.value !== null && (custom.thresholdsStyle || {}).mode !== "off");
    let high = Math.max(...values), low = Math.min(...values);
    const near = limits.filter((s) => s.value <= high * 2.5 || unit === "percentunit" || unit === "percent");
    high = Math.max(high, ...near.map((s) => s.value * 1.05));
    if (defaults(panel).max !== undefined) high = Math.max(high, defaults(panel).max);
    low = defaults(panel).min !== undefined ? Math.min(low, defaults(panel).min) : low;
    if (high === low) high = low + (Math.abs(low) || 1);
    const box = frame(plot, low, high, unit);
    const scale = new Map();
    if (right.length) secondAxis(box, right, panel, scale);
    regions(box);
    for (const s of [...drawn].reverse()) line(box, s, custom, scale.get(s.index) || box.y);
    thresholds(box, limits, near, unit);
    crosshair(plot, box, visible, panel, unit);
  };
  if ((panel.options || {}).legend?.showLegend !== false) body.append(legendTable(panel, all, unit, shown, redraw));
  watch(plot, redraw);
  return true;
}

function line(box, s, custom, y) {
  const stroke = palette(s.index);
  for (const run of runs(s.points)) {
    const upper = run.map(([time, value]) => `${box.x(time).toFixed(1)},${y(value).toFixed(1)}`);
    if (run.length === 1) { box.svg.append(shape("circle", { cx: box.x(run[0][0]), cy: y(run[0][1]), r: 2, fill: stroke })); continue; }
    if (custom.fillOpacity) {
      const lower = [...run].reverse().map(([time, , under]) => `${box.x(time).toFixed(1)},${(under === undefined ? box.bottom : y(under)).toFixed(1)}`);
      box.svg.append(shape("polygon", { points: [...upper, ...lower].join(" "), fill: stroke, "fill-opacity": custom.fillOpacity / 100 }));
    }
    box.svg.append(shape("polyline", { points: upper.join(" "), fill: "none", stroke, "stroke-width": Math.max(1.25, custom.lineWidth || 1), "stroke-linejoin": "round" }));
  }
}

function secondAxis(box, series, panel, scale) {
  const unit = overrides(panel, series[0].name).unit || defaults(panel).unit;
  const high = Math.max(...series.flatMap((s) => s.points.map(([, v]) => v))) || 1;
  const [ticks, step] = niceTicks(0, high, 3, unit);
  const top = Math.max(high, Math.ceil(high / step) * step);
  const y = (value) => box.bottom - (value / top) * (box.bottom - box.top);
  const labels = ticks.map((tick) => format(tick, unit));
  for (const s of series) scale.set(s.index, y);
  ticks.forEach((tick, i) => box.svg.append(shape("text", { x: box.right, y: y(tick) - 3, "text-anchor": "end" }, labels[i])));
}

function thresholds(box, limits, near, unit) {
  let far = 0;
  for (const limit of limits) {
    const stroke = colour(limit.color), text = format(limit.value, unit);
    if (near.includes(limit)) {
      const y = Math.round(box.y(limit.value)) + 0.5;
      box.svg.append(shape("line", { class: "threshold", x1: box.left, x2: box.right, y1: y, y2: y, stroke, "stroke-width": 1.5, "stroke-dasharray": "8 6" }));
      continue;
    }
    const label = shape("text", { class: "threshold", x: box.right - 4, y: box.top + 12 + 15 * far, "text-anchor": "end" }, `\u2191 ${text}`);
    label.style.fill = stroke;
    box.svg.append(label);
    far += 1;
  }
}

function regions(box) {
  for (const annotation of PAGE.annotations) {
    const stroke = colour(annotation.colour);
    for (const series of annotation.series) {
      for (const run of runs(series.points.filter(([, v]) => v !== null))) {
        const from = box.x(run[0][0]), to = box.x(run[run.length - 1][0]);
        box.svg.append(shape("line", { class: "annotation", x1: from, x2: from, y1: box.top, y2: box.bottom, stroke, "stroke-dasharray": "3 3", "stroke-opacity": 0.7 }));
        const mark = shape("rect", { x: from, y: box.bottom, width: Math.max(3, to - from), height: 4, fill: stroke, "fill-opacity": 0.8 });
        mark.append(shape("title", {}, `${annotation.name}: ${series.name}`));
        box.svg.append(mark);
      }
    }
  }
}

function legendTable(panel, all, unit, shown, redraw) {
  const options = (panel.options || {}).legend || {}, calcs = (options.calcs || []).filter((c) => CALC[c]);
  if (options.displayMode !== "table") {
    return element("div", { class: "legend list" }, ...all.map((s, i) => element("span", {}, swatch(palette(i)), s.name)));
  }
  const head = element("tr", {}, element("th", {}, "Name"), ...calcs.map((c) => element("th", {}, CALC[c])));
  const rows = all.map((s, i) => {
    const summary = extent(s), own = overrides(panel, s.name).unit || unit;
    const row = element("tr", { "data-index": i }, element("td", { title: s.name }, swatch(palette(i)), s.name), ...calcs.map((c) => element("td", {}, format(summary[c], own))));
    row.addEventListener("click", () => {
      const alone = shown.size === 1 && shown.has(i);
      shown.clear();
      for (const index of all.keys()) if (alone || index === i) shown.add(index);
      rows.forEach((r, index) => r.classList.toggle("off", !shown.has(index)));
      redraw();
    });
    return row;
  });
  return element("div", { class: "legend" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

const swatch = (fill) => { const made = element("span", { class: "swatch" }); made.style.background = fill; return made; };

function crosshair(plot, box, series, panel, unit) {
  const ruler = shape("line", { y1: box.top, y2: box.bottom, stroke: "var(--dim)", "stroke-dasharray": "4 3", visibility: "hidden" });
  box.svg.append(ruler);
  plot.onmousemove = (event) => {
    const at = FROM + ((event.offsetX - box.left) / (box.right - box.left)) * (TO - FROM);
    const time = Math.min(TO, Math.max(FROM, FROM + Math.round((at - FROM) / PAGE.step) * PAGE.step));
    ruler.setAttribute("x1", box.x(time));
    ruler.setAttribute("x2", box.x(time));
    ruler.setAttribute("visibility", "visible");
    const values = series.map((s) => [s, ((s.own || s.points).find(([t]) => Math.abs(t - time) < PAGE.step / 2) || [])[1]]).filter(([, v]) => v !== undefined);
    values.sort((a, b) => b[1] - a[1]);
    tip(event, clock(time, true), values.slice(0, 16).map(([s, v]) => [palette(s.index), s.name, format(v, overrides(panel, s.name).unit || unit)]));
  };
  plot.onmouseleave = () => { ruler.setAttribute("visibility", "hidden"); tip(); };
}

function tip(event, title, rows) {
  document.getElementById("tip")?.remove();
  if (!event) return;
  const lines = rows.map(([fill, name, value]) => element("tr", {}, element("td", {}, swatch(fill), name), element("td", {}, value)));
  const made = element("div", { id: "tip" }, title, element("table", {}, ...lines));
  document.body.append(made);
  made.style.left = `${event.clientX + 16 + made.offsetWidth > innerWidth ? event.clientX - made.offsetWidth - 12 : event.clientX + 14}px`;
  made.style.top = `${Math.min(event.clientY + 14, innerHeight - made.offsetHeight - 8)}px`;
}
