// Sorts a table by the column whose button was pressed; a second press turns the order. The row of the rest stays last.
function sort(header) {
  const table = header.closest("table");
  const body = table.tBodies[0];
  const column = header.cellIndex;
  const isNumber = header.classList.contains("number");
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
document.addEventListener("click", (event) => {
  const button = event.target.closest("th button");
  if (button) sort(button.closest("th"));
});
// Marks what is wider than its box, so that the hint below it shows; a folded table has no width yet.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) target.classList.toggle("wide", target.scrollWidth > target.clientWidth + 1);
});
for (const box of document.querySelectorAll(".scroll, .chart")) boxes.observe(box);
// Findings cannot be unfolded on paper, and a link must not lead to a folded one.
function unfold(details) { for (const one of details) one.open = true; }
window.addEventListener("beforeprint", () => unfold(document.querySelectorAll("details.finding")));
function unfoldTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details")) unfold([target]);
}
window.addEventListener("hashchange", unfoldTarget);
unfoldTarget();
document.documentElement.dataset.ready = "1";
