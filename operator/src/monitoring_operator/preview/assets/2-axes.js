// ---- what a panel shows

const defaults = (panel) => (panel.fieldConfig || {}).defaults || {};
const steps = (panel) => ((defaults(panel).thresholds || {}).steps || []);

function thresholdColour(panel, value) {
  let found = "green";
  for (const step of steps(panel)) if (step.value === null || value >= step.value) found = step.color;
  return colour(found);
}

function mapped(panel, value) {
  for (const mapping of defaults(panel).mappings || []) {
    if (mapping.type === "value" && mapping.options[String(value)]) return mapping.options[String(value)].text;
  }
  return undefined;
}

function overrides(panel, name) {
  const found = {};
  for (const override of (panel.fieldConfig || {}).overrides || []) {
    if (override.matcher.id === "byName" && override.matcher.options === name) for (const p of override.properties) found[p.id] = p.value;
  }
  return found;
}

function legend(target, labels) {
  const text = (target.legendFormat || "").replace(/{{\s*([\w.]+)\s*}}/g, (_, name) => labels[name] || "");
  if (text && text !== "__auto") return text;
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__").map(([name, value]) => `${name}="${value}"`);
  return `${labels.__name__ || ""}${pairs.length ? `{${pairs.join(", ")}}` : ""}` || target.refId || "Value";
}

function seriesOf({ panel, data }) {
  const found = [];
  for (const target of panel.targets || []) {
    for (const series of data[target.refId] || []) {
      found.push({ name: legend(target, series.labels), labels: series.labels, points: series.points.filter(([, v]) => v !== null), target });
    }
  }
  return found.filter((series) => series.points.length);
}

const last = (series) => series.points[series.points.length - 1][1];
const extent = (series) => {
  const values = series.points.map(([, v]) => v);
  return { mean: values.reduce((a, b) => a + b, 0) / values.length, lastNotNull: last(series), max: Math.max(...values), min: Math.min(...values) };
};
const CALC = { mean: "Mean", lastNotNull: "Last *", max: "Max", min: "Min" };

// ---- axes

function tickBase(span, unit) {
  if (unit === "bytes") return 1024 ** Math.max(0, Math.floor(Math.log(span) / Math.log(1024)));
  return unit === "s" ? [86400, 3600, 60].find((length) => span >= 2 * length) || 1 : 1;
}

function niceTicks(low, high, count, unit) {
  const span = high - low || 1;
  const base = tickBase(span, unit);
  const raw = span / base / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw - 1e-12) * base;
  const ticks = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-6; value += step) ticks.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return [ticks, step];
}

function timeTicks(width) {
  const wanted = (TO - FROM) / Math.max(2, Math.floor(width / 90));
  const step = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].find((s) => s >= wanted) || 172800;
  const ticks = [];
  for (let time = Math.ceil(FROM / step) * step; time <= TO; time += step) ticks.push(time);
  return [ticks, step < 60];
}

function frame(plot, low, high, unit) {
  const width = plot.clientWidth, height = plot.clientHeight;
  const bottom = 20, top = 6;
  const [ticks, step] = niceTicks(low, high, Math.max(2, Math.floor((height - bottom) / 42)), unit);
  const ceiling = Math.max(high, Math.ceil(high / step - 1e-9) * step);
  if (ceiling > ticks[ticks.length - 1] + step / 2) ticks.push(ceiling);
  const labels = ticks.map((tick) => format(tick, unit));
  const left = Math.min(width / 3, Math.max(...labels.map((l) => l.length)) * 7.2 + 12);
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const box = { left, right: width - 8, top, bottom: height - bottom, width, height, svg };
  box.x = (time) => box.left + ((time - FROM) / (TO - FROM)) * (box.right - box.left);
  box.y = (value) => box.bottom - ((value - low) / (ceiling - low || 1)) * (box.bottom - box.top);
  ticks.forEach((tick, i) => {
    const y = Math.round(box.y(tick)) + 0.5;
    svg.append(shape("line", { x1: left, x2: box.right, y1: y, y2: y, stroke: "var(--grid)" }), shape("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, labels[i]));
  });
  timeAxis(box);
  plot.append(svg);
  return box;
}

function timeAxis(box) {
  const [times, exact] = timeTicks(box.right - box.left);
  for (const time of times) {
    const x = Math.round(box.x(time)) + 0.5;
    box.svg.append(shape("line", { x1: x, x2: x, y1: box.top, y2: box.bottom, stroke: "var(--grid)" }));
    if (x > box.left + 14 && x < box.right - 18) box.svg.append(shape("text", { x, y: box.height - 5, "text-anchor": "middle" }, clock(time, exact)));
  }
}
