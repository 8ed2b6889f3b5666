// Tables: sorting, searching, pages, copying, and bars of shares.

// Rows of a page. Paper has as many.
const PAGE_ROWS = 25;
// From this many rows a table has a search box and pages.
const TOOLS_FROM = 8;
// The columns whose cells carry a bar of their part of the column.
const BAR_COLUMNS = new Set(["Received", "Sent", "Packets", "Flows allowed", "Flows denied", "Flows", "Bytes"]);

// Sorts by the column of `header`; a second press turns the order. The row of the rest stays last.
function sort(header) {
  const table = header.closest("table"), body = table.tBodies[0], column = header.cellIndex, isNumber = header.classList.contains("number");
  const before = header.getAttribute("aria-sort");
  const order = before ? (before === "ascending" ? "descending" : "ascending") : (isNumber ? "descending" : "ascending");
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => isNumber ? Number(row.cells[column].dataset.key) : row.cells[column].textContent;
  const compare = isNumber ? (a, b) => a - b : (a, b) => a.localeCompare(b, "en", { numeric: true });
  const rows = Array.from(body.rows, (row) => ({ row, key: key(row), isRest: row.classList.contains("rest") }));
  rows.sort((a, b) => a.isRest - b.isRest || sign * compare(a.key, b.key));
  body.append(...rows.map((entry) => entry.row));
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
}

// Gives a table in its box `.scroll` its tools; again after its rows changed.
function TableTools(box) {
  const table = box.querySelector("table"), body = table.tBodies[0], all = body.rows.length;
  const label = box.getAttribute("aria-label");
  let page = 0, wanted = "";
  const search = make("input", { type: "search", name: "search", class: "table-search", placeholder: "Search", "aria-label": `Search in ${label}`, autocomplete: "off", spellcheck: "false" });
  const said = make("span", { class: "table-said", role: "status" });
  const back = make("button", { type: "button", class: "quiet", "aria-label": `Previous rows of ${label}` }, "‹");
  const next = make("button", { type: "button", class: "quiet", "aria-label": `Next rows of ${label}` }, "›");
  const copy = make("button", { type: "button", class: "quiet" }, "Copy as CSV");
  const tools = make("div", { class: "table-tools" }, ...(all >= TOOLS_FROM ? [search] : []), said, ...(all > PAGE_ROWS ? [back, next] : []), copy);
  const paper = make("p", { class: "paper-note" }, `On paper: the first ${PAGE_ROWS} of ${count(all)} rows.`);
  box.before(tools);
  const hint = box.nextElementSibling;
  if (all > PAGE_ROWS) (hint && hint.matches(".hint") ? hint : box).after(paper);

  function show() {
    const rows = Array.from(body.rows), found = rows.filter((row) => matches(row, wanted));
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    page = Math.min(page, pages - 1);
    const from = page * PAGE_ROWS, shown = new Set(found.slice(from, from + PAGE_ROWS));
    rows.forEach((row, n) => { row.hidden = !shown.has(row); row.classList.toggle("beyond", n >= PAGE_ROWS && !row.classList.contains("rest")); });
    back.disabled = page === 0;
    next.disabled = page + 1 >= pages;
    const range = found.length > PAGE_ROWS ? `${count(from + 1)} to ${count(Math.min(from + PAGE_ROWS, found.length))} of ` : "";
    said.textContent = wanted === "" && all <= PAGE_ROWS ? "" : `${range}${counted(found.length, "row")}${wanted === "" ? "" : " found"}`;
  }
  search.addEventListener("input", () => { wanted = search.value.trim().toLowerCase(); page = 0; show(); });
  back.addEventListener("click", () => { page -= 1; show(); });
  next.addEventListener("click", () => { page += 1; show(); });
  copy.addEventListener("click", () => copyText(csv(table, wanted), copy, "Copied"));
  for (const button of table.tHead.querySelectorAll("button")) {
    button.addEventListener("click", () => { sort(button.closest("th")); page = 0; show(); });
  }
  bars(table);
  show();
  return () => { tools.remove(); paper.remove(); };
}

function matches(row, wanted) { return wanted === "" || row.textContent.toLowerCase().includes(wanted); }

// A bar behind each amount: its part of the greatest of its column, the rest and totals apart.
function bars(table) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    if (!head.classList.contains("number") || !BAR_COLUMNS.has(head.textContent)) return;
    const cells = Array.from(table.tBodies[0].rows).filter((row) => !row.classList.contains("rest")).map((row) => row.cells[column]);
    const most = cells.reduce((max, cell) => Math.max(max, Number(cell.dataset.key)), 0);
    for (const cell of cells) {
      if (most === 0 || Number(cell.dataset.key) === 0) continue;
      cell.classList.add("bar");
      cell.style.setProperty("--part", `${(Number(cell.dataset.key) / most * 100).toFixed(1)}%`);
    }
  });
}

// What is shown and searched for as CSV; cells that a spreadsheet would read as a formula begin with an apostrophe.
function csv(table, wanted) {
  const cell = (one) => {
    const text = one.dataset.key !== undefined && one.dataset.raw === undefined && /^[\d,]+$/.test(one.textContent) ? one.dataset.key : one.textContent;
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, "\"\"")}"` : safe;
  };
  const rows = [table.tHead.rows[0], ...Array.from(table.tBodies[0].rows).filter((row) => matches(row, wanted))];
  return rows.map((row) => Array.from(row.cells, cell).join(",")).join("\n") + "\n";
}
