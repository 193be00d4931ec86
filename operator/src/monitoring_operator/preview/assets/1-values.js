"use strict";
// Draws a dashboard's own JSON with the data beside it. Nothing is fetched: all that is shown stands in this page.
window.addEventListener("error", (event) => { document.documentElement.dataset.error = String(event.message); });

const PAGE = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const PALETTE = ["green", "yellow", "blue", "orange", "red", "purple", "#37872d", "#e0b400", "#1f60c4", "#fa6400", "#c4162a", "#8f3bb8", "#96d98d", "#ffee52",
  "#8ab8ff", "#ffb357", "#ff7383", "#ca95e5"];
const [FROM, TO] = PAGE.range;

const colour = (name) => (/^(green|yellow|orange|red|blue|purple)$/.test(name) ? `var(--${name})` : name);
const palette = (index) => colour(PALETTE[index % PALETTE.length]);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shape(tag, attributes = {}, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// ---- values as people read them

const scaled = (value, base, names) => {
  let index = 0;
  for (let rest = Math.abs(value); rest >= base && index < names.length - 1; rest /= base) index += 1;
  return [value / base ** index, names[index]];
};

const digits = (value) => {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)));
};

function seconds(value) {
  const size = Math.abs(value);
  for (const [length, name] of [[86400, "days"], [3600, "hours"], [60, "mins"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]]) {
    if (size >= length) return [value / length, name];
  }
  return size === 0 ? [0, "s"] : [value * 1e9, "ns"];
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DECIMAL = ["", "K", "Mil", "Bil", "Tri"];
const RATES = { ops: "ops/s", reqps: "req/s", rps: "reads/s", wps: "writes/s", cps: "c/s", pps: "p/s" };
const UNITS = {
  percentunit: (v) => [v * 100, "%"],
  percent: (v) => [v, "%"],
  s: seconds,
  ms: (v) => seconds(v / 1e3),
  "µs": (v) => seconds(v / 1e6),
  bytes: (v) => scaled(v, 1024, BINARY),
  decbytes: (v) => scaled(v, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]),
  Bps: (v) => { const [n, u] = scaled(v, 1000, ["B", "kB", "MB", "GB", "TB"]); return [n, `${u}/s`]; },
  short: (v) => scaled(v, 1000, DECIMAL),
  none: (v) => [v, ""],
};

function parts(value, unit) {
  if (RATES[unit]) { const [number, name] = scaled(value, 1000, DECIMAL); return [digits(number), `${name} ${RATES[unit]}`.trim()]; }
  const [number, name] = (UNITS[unit] || UNITS.short)(value);
  return [digits(number), name];
}

function format(value, unit) {
  if (value === null || value === undefined || Number.isNaN(value)) return "-";
  const [number, name] = parts(value, unit);
  return name === "%" || !name ? `${number}${name}` : `${number} ${name}`;
}

const clock = (time, exact) => new Date(time * 1000).toISOString().slice(11, exact ? 19 : 16);
