// ---- other kinds of panels

function stat(item, body) {
  const all = seriesOf(item);
  if (!all.length) return false;
  const { panel } = item, unit = defaults(panel).unit;
  const holder = element("div", { class: "stat" });
  body.append(holder);
  watch(holder, () => {
    holder.replaceChildren();
    const series = all[0], value = last(series), stroke = thresholdColour(panel, value);
    if ((panel.options || {}).graphMode !== "none" && series.points.length > 1) holder.append(spark(series, stroke, holder.clientWidth + 16, holder.clientHeight * 0.5));
    const [number, name] = mapped(panel, value) ? [mapped(panel, value), ""] : parts(value, unit);
    const text = element("b", {}, number, ...(name ? [element("small", {}, name)] : []));
    text.style.color = stroke;
    text.style.fontSize = `${Math.max(16, Math.min(holder.clientHeight * 0.62, (holder.clientWidth * 1.45) / (number.length + name.length * 0.6 + 1)))}px`;
    holder.append(text);
  });
  return true;
}

function spark(series, stroke, width, height) {
  const values = series.points.map(([, v]) => v), low = Math.min(...values, 0), high = Math.max(...values);
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const place = ([time, value]) => [((time - FROM) / (TO - FROM)) * width, height - 1 - ((value - low) / (high - low || 1)) * (height - 6)];
  const points = series.points.map(place);
  const path = points.map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" ");
  svg.append(shape("polygon", { points: `${points[0][0]},${height} ${path} ${points[points.length - 1][0]},${height}`, fill: stroke, "fill-opacity": 0.18 }));
  svg.append(shape("polyline", { points: path, fill: "none", stroke, "stroke-opacity": 0.75 }));
  return svg;
}

function bargauge(item, body) {
  const all = seriesOf(item), { panel } = item, unit = defaults(panel).unit;
  if (!all.length) return false;
  const limits = steps(panel).map((s) => s.value).filter((v) => v !== null);
  const most = defaults(panel).max ?? Math.max(...all.map(last), ...(unit === "percentunit" ? [1] : unit === "percent" ? [100] : limits));
  const bars = all.map((s) => {
    const value = last(s), stroke = thresholdColour(panel, value), fill = element("i");
    fill.style.cssText = `width:${Math.max(0.5, Math.min(100, (value / (most || 1)) * 100))}%;border-color:${stroke};background:linear-gradient(90deg, color-mix(in srgb, ${stroke} 25%, transparent), ${stroke})`;
    const text = element("b", {}, format(value, unit));
    text.style.color = stroke;
    return element("div", {}, element("span", { title: s.name }, s.name), element("i", {}, fill), text);
  });
  body.append(element("div", { class: "bars" }, ...bars));
  return true;
}

function gauge(item, body) {
  const all = seriesOf(item), { panel } = item, unit = defaults(panel).unit;
  if (!all.length) return false;
  const holder = element("div", { class: "plot" });
  body.append(holder);
  watch(holder, () => {
    holder.replaceChildren();
    const width = holder.clientWidth, height = holder.clientHeight, radius = Math.min(width / 2, height) * 0.8, value = last(all[0]);
    const low = defaults(panel).min ?? 0, high = defaults(panel).max ?? (unit === "percentunit" ? 1 : 100);
    const share = Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` }), middle = width / 2, base = height * 0.88;
    const arc = (part) => `M ${middle - radius} ${base} A ${radius} ${radius} 0 0 1 ${middle - radius * Math.cos(Math.PI * part)} ${base - radius * Math.sin(Math.PI * part)}`;
    const stroke = thresholdColour(panel, value);
    svg.append(shape("path", { d: arc(0.9999), fill: "none", stroke: "var(--lift)", "stroke-width": radius * 0.28 }));
    if (share > 0) svg.append(shape("path", { d: arc(share), fill: "none", stroke, "stroke-width": radius * 0.28 }));
    const text = shape("text", { x: middle, y: base - radius * 0.12, "text-anchor": "middle" }, format(value, unit));
    text.style.cssText = `fill:${stroke};font-size:${radius * 0.36}px;font-weight:500`;
    svg.append(text);
    holder.append(svg);
  });
  return true;
}

function heatmap(item, body) {
  const bound = (s) => (s.labels.le === "+Inf" ? Infinity : Number(s.labels.le));
  const sorted = seriesOf(item).filter((s) => s.labels.le !== undefined).sort((a, b) => bound(a) - bound(b));
  if (!sorted.length) return false;
  const unit = ((item.panel.options || {}).yAxis || {}).unit || defaults(item.panel).unit;
  const cells = [];
  const under = new Map();
  sorted.forEach((s, row) => s.points.forEach(([time, value]) => { cells.push([time, row, Math.max(0, value - (under.get(time) || 0))]); under.set(time, value); }));
  const used = cells.filter(([, , v]) => v > 0).map(([, row]) => row);
  const first = Math.max(0, Math.min(...used) - 1), count = Math.min(sorted.length, Math.max(...used) + 2) - first;
  const most = Math.max(...cells.map(([, , v]) => v)) || 1;
  const plot = element("div", { class: "plot" });
  body.append(plot, heatLegend(most));
  watch(plot, () => {
    plot.replaceChildren();
    const width = plot.clientWidth, height = plot.clientHeight, svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    const box = { left: 64, right: width - 8, top: 4, bottom: height - 20, height, svg };
    box.x = (time) => box.left + ((time - FROM) / (TO - FROM)) * (box.right - box.left);
    timeAxis(box);
    const high = (box.bottom - box.top) / count, wide = Math.max(1, (PAGE.step / (TO - FROM)) * (box.right - box.left) - 1);
    for (const [time, row, value] of cells) {
      if (value <= 0 || row < first || box.x(time) >= box.right) continue;
      const cell = shape("rect", { x: box.x(time).toFixed(1), y: (box.bottom - (row - first + 1) * high + 0.5).toFixed(1), width: wide.toFixed(1), height: Math.max(1, high - 1).toFixed(1), fill: heat(value / most) });
      cell.append(shape("title", {}, `${clock(time, true)}  up to ${sorted[row].labels.le} s: ${format(value, "ops")}`));
      svg.append(cell);
    }
    const each = Math.max(1, Math.ceil(16 / high));
    for (let row = 0; row < count; row += each) {
      const limit = bound(sorted[row + first]);
      svg.append(shape("text", { x: box.left - 6, y: box.bottom - (row + 1) * high + 4 + 4, "text-anchor": "end" }, Number.isFinite(limit) ? format(limit, unit) : "+Inf"));
    }
    plot.append(svg);
  });
  return true;
}

const heat = (share) => `color-mix(in oklab, #fff3e0 ${Math.round((1 - share ** 0.6) * 100)}%, #d94801)`;

function heatLegend(most) {
  const bar = element("span");
  bar.style.cssText = `flex:0 1 180px;height:8px;border-radius:2px;background:linear-gradient(90deg, ${heat(0)}, ${heat(0.3)}, ${heat(1)})`;
  return element("div", { class: "legend list" }, "0", bar, format(most, "ops"));
}

function stateTimeline(item, body) {
  const all = seriesOf(item), { panel } = item;
  if (!all.length) return false;
  const plot = element("div", { class: "plot" });
  body.append(plot);
  watch(plot, () => {
    plot.replaceChildren();
    const width = plot.clientWidth, height = plot.clientHeight, svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    const left = Math.min(width / 3, Math.max(...all.map((s) => s.name.length)) * 7.2 + 12);
    const box = { left, right: width - 8, top: 4, bottom: height - 20, height, svg };
    box.x = (time) => box.left + ((time - FROM) / (TO - FROM)) * (box.right - box.left);
    timeAxis(box);
    const high = (box.bottom - box.top) / all.length;
    all.forEach((s, row) => {
      const y = box.top + row * high;
      svg.append(shape("text", { x: left - 6, y: y + high / 2 + 4, "text-anchor": "end" }, s.name));
      for (const run of runs(s.points)) {
        let from = 0;
        for (let i = 1; i <= run.length; i += 1) {
          if (i < run.length && run[i][1] === run[from][1]) continue;
          const value = run[from][1], x = box.x(run[from][0]), to = box.x(i < run.length ? run[i][0] : run[run.length - 1][0]);
          svg.append(shape("rect", { x, y: y + high * 0.06, width: Math.max(1, to - x), height: high * 0.88, rx: 2, fill: thresholdColour(panel, value), "fill-opacity": 0.75 }));
          const text = mapped(panel, value) || format(value, defaults(panel).unit);
          if (to - x > text.length * 8) { const label = shape("text", { x: x + 8, y: y + high / 2 + 4 }, text); label.style.fill = "#fff"; svg.append(label); }
          from = i;
        }
      }
    });
    plot.append(svg);
  });
  return true;
}

function table(item, body) {
  const { panel, data } = item, rows = new Map(), columns = [];
  const column = (name) => { if (!columns.includes(name)) columns.push(name); };
  const many = (panel.targets || []).length > 1;
  for (const target of panel.targets || []) {
    for (const series of data[target.refId] || []) {
      const key = many ? JSON.stringify(series.labels) : rows.size;
      const row = rows.get(key) || { Time: clock(TO, true) };
      column("Time");
      for (const [name, value] of Object.entries(series.labels)) { row[name] = value; column(name); }
      const name = many ? `Value #${target.refId}` : "Value";
      column(name);
      const points = series.points.filter(([, v]) => v !== null);
      row[name] = points.length ? points[points.length - 1][1] : null;
      rows.set(key, row);
    }
  }
  if (!rows.size) return false;
  const organize = (panel.transformations || []).filter((t) => t.id === "organize").map((t) => t.options);
  const hidden = (name) => organize.some((o) => (o.excludeByName || {})[name]);
  const rank = (name) => Math.min(...organize.map((o) => (o.indexByName || {})[name] ?? 100), 100);
  const shown = columns.filter((name) => !hidden(name)).sort((a, b) => rank(a) - rank(b));
  const title = (name) => overrides(panel, name).displayName || organize.map((o) => (o.renameByName || {})[name]).find(Boolean) || name;
  const numeric = (name) => /^Value/.test(name);
  const cell = (row, name) => {
    const value = row[name], unit = overrides(panel, name).unit || defaults(panel).unit;
    const made = element("td", numeric(name) ? { class: "number" } : {}, typeof value === "number" ? format(value, unit) : value ?? "");
    if (name === "severity") made.style.color = colour({ critical: "red", warning: "orange", info: "blue" }[value] || "green");
    return made;
  };
  const head = element("tr", {}, ...shown.map((name) => element("th", numeric(name) ? { class: "number" } : {}, title(name))));
  const lines = [...rows.values()].map((row) => element("tr", {}, ...shown.map((name) => cell(row, name))));
  body.append(element("div", { class: "data" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines))));
  return true;
}

function text(item, body) {
  body.append(element("div", { class: "data" }, String((item.panel.options || {}).content || "")));
  return true;
}

const KINDS = { timeseries, graph: timeseries, stat, singlestat: stat, bargauge, gauge, heatmap, table, text, "state-timeline": stateTimeline };
