// ---- the page

const watched = new Map();
const observer = new ResizeObserver((entries) => { for (const { target } of entries) if (target.clientWidth && target.clientHeight) watched.get(target)?.(); });
function watch(target, draw) { watched.set(target, draw); observer.observe(target); }

function drawPanel(item, top) {
  const { panel } = item, at = panel.gridPos || { x: 0, y: 0, w: 24, h: 8 };
  const heading = element("h2", {}, element("span", { title: panel.title }, panel.title || ""));
  if (panel.description) heading.append(element("i", { title: panel.description.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1") }, "i"));
  for (const link of panel.links || []) heading.append(element("a", { href: link.url, title: link.title, target: "_blank", rel: "noreferrer" }, "\u2197"));
  const body = element("div", { class: "body" });
  const made = element("div", { class: "panel", "data-type": panel.type, "data-title": panel.title || "" }, heading, body);
  made.style.gridColumn = `${at.x + 1} / span ${at.w}`;
  made.style.gridRow = `${at.y - top + 1} / span ${at.h}`;
  const kind = KINDS[panel.type];
  const drawn = kind ? kind(item, body) : false;
  if (!drawn) body.append(element("div", { class: "none" }, kind ? "No data" : `Panels of the type ${panel.type} are not drawn here`));
  made.dataset.drawn = drawn ? "yes" : kind ? "empty" : "unknown";
  return made;
}

function drawRow(row) {
  const top = Math.min(...row.panels.map(({ panel }) => (panel.gridPos || { y: 0 }).y));
  const grid = element("div", { class: "grid" }, ...row.panels.map((item) => drawPanel(item, top)));
  const made = element("section", { class: "row" });
  if (row.title) {
    const button = element("button", { type: "button", "aria-expanded": String(!row.collapsed) }, row.title, element("span", {}, `${row.panels.length} panels`));
    button.addEventListener("click", () => { button.setAttribute("aria-expanded", String(!made.classList.toggle("collapsed"))); });
    made.append(button);
  }
  made.append(grid);
  made.classList.toggle("collapsed", Boolean(row.collapsed) && !location.hash.includes("open"));
  return made;
}

function theme() {
  const asked = /light|dark/.exec(location.hash);
  return asked ? asked[0] : matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function start() {
  document.documentElement.dataset.theme = theme();
  const swap = document.getElementById("theme");
  swap.addEventListener("click", () => { document.documentElement.dataset.theme = document.documentElement.dataset.theme === "light" ? "dark" : "light"; });
  document.querySelector("main").append(...PAGE.rows.map(drawRow));
  // The observer's first call comes when the browser has time; who looks at once sees everything too.
  for (const [target, draw] of watched) if (target.clientWidth && target.clientHeight) draw();
  document.documentElement.dataset.ready = "yes";
}

start();
