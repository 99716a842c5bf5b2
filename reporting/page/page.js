"use strict";
// Sorting: numbers by their value in base units, words by their letters; what is missing comes last, either way.
function key(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  return cell.classList.contains("missing") || cell.textContent === "" ? null : cell.textContent;
}
function order(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => (a === null || b === null) ? (a === null) - (b === null) : (down ? -1 : 1) * order(a, b));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }));
}
for (const input of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
  const count = document.getElementById(`${input.dataset.filter}-n`);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  });
}
const dark = window.matchMedia("(prefers-color-scheme: dark)");
function draw() {
  for (const figure of document.querySelectorAll("figure")) {
    const stored = figure.querySelector("script");
    if (!stored || !window.vegaEmbed) continue;
    const config = CONFIGS[dark.matches ? "dark" : "light"];
    // The interpreter, so that no text is ever run as code.
    const options = { renderer: "svg", actions: false, ast: true, config, tooltip: { theme: dark.matches ? "dark" : "light" } };
    const specification = JSON.parse(stored.textContent);
    if (specification.columns && figure.clientWidth < 760) specification.columns = 1;
    vegaEmbed(figure.querySelector(".chart"), specification, options)
      .then(() => {
        // To a screen reader it is one picture with a name, whose figures are the list below it.
        figure.querySelector(".chart svg").setAttribute("aria-hidden", "true");
        figure.dataset.drawn = "yes";
      })
      .catch((error) => { figure.querySelector(".chart").textContent = `This chart cannot be drawn: ${error}`; });
  }
}
draw();
dark.addEventListener("change", draw);
for (const figure of document.querySelectorAll("figure")) {
  const details = figure.querySelector("details");
  if (!details) continue;
  details.addEventListener("toggle", () => {
    const list = details.querySelector("ul");
    if (!details.open || list.children.length) return;
    const specification = JSON.parse(figure.querySelector("script").textContent);
    for (const row of specification.data.values) {
      const item = document.createElement("li");
      item.textContent = row.panel ? `${row.panel}: ${row.words}` : row.words;
      list.append(item);
    }
  });
}
