// Tables of what is filtered, made from the cube in the place of the drawn ones.

// Most rows of such a table; the rest is one more.
const CUBE_ROWS_MAX = 200;

// Tables that the cube can make, by the file of the drawn one: the subject, the columns before the measures, and how a row is told.
const CUBE_TABLES = [
  { file: "traffic_over_time", subject: "time", keys: ["From (UTC)"], cells: (cube, row) => [[row.name], []] },
  { file: "traffic_by_ip", subject: "address", keys: ["Address", "Scope"], after: ["Subnet", "Known as"], bothEnds: true,
    cells: (cube, row) => { const end = cube.ends[cube.by.address.of.indexOf(row.key)]; return [[row.name, end.scope.replace(/_/g, " ")], [end.subnet, [end.interface, end.vm, end.country].filter(Boolean).join(" · ")]]; } },
  { file: "traffic_by_subnet", subject: "subnet", keys: ["Subnet", "VNet"], bothEnds: true,
    cells: (cube, row) => [[row.name || "(no known subnet)", row.name ? cube.ends[cube.by.subnet.of.indexOf(row.key)].vnet : ""], []] },
  { file: "traffic_by_interface", subject: "interface", keys: ["Interface"], bothEnds: true, cells: (cube, row) => [[row.name || "(no logged interface)"], []] },
  { file: "subnet_matrix", subject: "path", keys: ["From", "To"], cells: (cube, row) => [row.name.map(subnetName), []] },
  { file: "conversations", subject: "conversation", keys: ["Between", "And"], isReach: true,
    cells: (cube, row) => [cube.pairs[row.key].map((end) => cube.ends[end].ip), []] },
  { file: "traffic_by_port", subject: "port", keys: ["Port", "Service"], order: "flows", cells: (cube, row) => [[row.name, cube.ports[row.key].service], []] },
  { file: "traffic_by_flow_type", subject: "type", keys: ["Name"], cells: (cube, row) => [[row.name], []] },
  { file: "traffic_by_country", subject: "country", keys: ["Name"], cells: (cube, row) => [[row.name || "(none known)"], []] },
];

// The numbers after the keys of a row, and those of the rates where a subject has them.
const NUMBERS = [["Received", "received", bytes], ["Sent", "sent", bytes], ["Packets", "packets", count], ["Flows allowed", "allowed", count], ["Flows denied", "denied", count], ["Unmeasured", "unmeasured", count]];
const RATED = new Set(["address", "subnet", "interface", "port"]);

// A table that follows the filters: the drawn one while there are none, one from the cube else; made when it is unfolded.
function LiveTable(entry, box, act) {
  const host = box.closest("details") || box.closest("section"), original = Array.from(host.childNodes).filter((node) => node.nodeName !== "SUMMARY");
  const summary = host.querySelector("summary"), saidSummary = summary ? summary.textContent : "", section = box.closest("section");
  const reach = entry.isReach ? (section.id.endsWith("internal") ? "internal" : "external") : null;
  let isStale = false, made = null;
  if (host.nodeName === "DETAILS") host.addEventListener("toggle", () => { if (host.open && isStale) draw(); });

  function draw() {
    isStale = false;
    if (made) { made.remove(); made = null; }
    const isFiltered = act.view.isFiltered;
    for (const node of original) if (node.nodeType === 1) node.classList.toggle("replaced", isFiltered);
    if (!isFiltered) { if (summary) summary.textContent = saidSummary; return; }
    made = make("div", { class: "made" });
    const { label, table, source } = cubeTable(entry, act, reach);
    if (summary) summary.textContent = `Table: ${label}`;
    if (table) {
      const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
      made.append(scroll, make("p", { class: "hint", "aria-hidden": "true" }, "Scroll the table sideways: it has more columns."));
      host.append(made);
      TableTools(scroll);
      act.watch(scroll);
    } else { made.append(make("p", { class: "empty" }, NO_TRAFFIC)); host.append(made); }
    made.append(make("p", { class: "source" }, source));
  }
  return {
    refresh() {
      isStale = true;
      if (host.nodeName !== "DETAILS" || host.open) draw();
      else if (summary) summary.textContent = act.view.isFiltered ? `${saidSummary} (filtered when unfolded)` : saidSummary;
    },
  };
}

// A table of the filtered cube, with its totals.
function cubeTable(entry, act, reach) {
  const { view } = act, { cube } = view, unit = entry.order || (act.total.bytes > 0 && view.allowed ? "bytes" : "flows");
  const { rows, folded } = rowsFor(entry, view, unit, reach);
  if (rows.length === 0 && !folded) return { label: "nothing", table: null, source: "" };
  const shown = rows.slice(0, CUBE_ROWS_MAX), left = rows.slice(CUBE_ROWS_MAX);
  const isRated = RATED.has(entry.subject), rated = isRated ? rates(view, entry.subject, unit, shown.map((row) => row.key)) : null;
  const perStep = unit === "bytes" ? (value) => `${bytes(value)}` : (value) => count(value), step = length(cube.step);
  const heads = [...entry.keys.map((name) => [name, false]), ...NUMBERS.map(([name]) => [name, true]),
    ...(isRated ? [[`Mean per ${step}`, true], [`p95 per ${step}`, true], [`Most per ${step}`, true]] : []), ...(entry.after || []).map((name) => [name, false])];
  const numbers = (row) => NUMBERS.map(([name, key, format]) => [isDash(row, key) ? "–" : format(row[key]), row[key]]);
  const blank = (n) => Array.from({ length: n }, () => [""]);
  const line = (row, n) => {
    const [before, after] = entry.cells(cube, row);
    return [...before.map((text) => [text]), ...numbers(row), ...(isRated ? ["mean", "p95", "most"].map((key) => [perStep(rated[n][key]), rated[n][key]]) : []), ...after.map((text) => [text])];
  };
  const rest = left.reduce((sum, row) => plus(sum, row), folded ? plus(nothing(), folded) : nothing());
  const sum = shown.reduce((one, row) => plus(one, row), plus(nothing(), rest));
  const close = (name, row) => [[name], ...blank(entry.keys.length - 1), ...numbers(row), ...(isRated ? ["", "", ""].map((text) => [text, 0]) : []), ...blank((entry.after || []).length)];
  const lines = shown.map(line), hasRest = left.length > 0 || folded;
  const keep = heads.map(([name, isNumber], column) => (isNumber ? name !== "Unmeasured" || sum.unmeasured > 0 : column === 0 || lines.some((cells) => cells[column][0] !== "")));
  const table = tableOf(heads, keep, lines, hasRest ? close("other", rest) : null, [close(entry.bothEnds ? "Total (both ends)" : "Total", sum), ...perStepRows(entry, view).map(([name, row]) => close(name, row))]);
  return {
    label: `${counted(rows.length, nounOf(entry))}, filtered`, table,
    source: `Filtered: ${act.said()}. Deduplicated, ${entry.subject === "time" && left.length === 0 ? "earliest" : `most ${unit}`} first.${left.length > 0 ? ` ${count(shown.length)} of ${count(rows.length)} shown, the rest in other.` : ""}`,
  };
}

// Of the table along time: the mean, the 95th percentile, the greatest and the least of the steps that were logged.
function perStepRows(entry, view) {
  if (entry.subject !== "time") return [];
  const sums = sumByStep(view, false), open = [];
  for (let step = view.first; step < view.last; step += 1) if (view.cube.logged[step]) open.push(step);
  return [["Mean", "mean"], ["p95", "p95"], ["Most", "most"], ["Least", "least"]].map(([name, which]) => {
    const row = nothing();
    for (const [, key] of NUMBERS) row[key] = Math.round(percentiles(open.map((step) => sums[key][step]))[which]);
    return [`${name} per ${length(view.cube.step)}`, withSums(row)];
  });
}

function isDash(row, key) { return (key === "received" || key === "sent" || key === "packets") && row.bytes === 0 && row.packets === 0 && row.unmeasured > 0; }
function nounOf(entry) { return { address: "address", subnet: "subnet", interface: "interface", path: "path", conversation: "conversation", port: "port", type: "flow type", country: "country", time: "step" }[entry.subject]; }

function rowsFor(entry, view, unit, reach) {
  const { cube } = view;
  if (entry.subject === "time") {
    const sums = sumByStep(view, false), names = Array.from({ length: cube.steps }, (_, k) => minute(cube.start + k * cube.step));
    const { rows, folded } = ranked(sums, names, unit);
    // In their order, unless only the greatest have room.
    return { rows: rows.length > CUBE_ROWS_MAX ? rows : rows.sort((a, b) => a.key - b.key), folded };
  }
  if (entry.subject === "path") {
    const { names } = cube.by.subnet, sums = sumByPath(view), all = [];
    for (let k = 0; k < names.length * names.length; k += 1) all.push([names[Math.floor(k / names.length)], names[k % names.length]]);
    return ranked(sums, all, unit);
  }
  return ranked(sumBy(view, entry.subject), cube.by[entry.subject].names, unit, reach ? (k) => cube.reach[k] === reach : null);
}

function tableOf(heads, keep, lines, rest, sums) {
  const cells = (row, tag) => row.map(([text, key], column) => {
    if (!keep[column]) return null;
    const isNumber = heads[column][1];
    return make(tag, { class: isNumber ? "number" : text.length > 32 ? "long" : null, "data-key": isNumber ? String(key ?? 0) : null }, text);
  }).filter(Boolean);
  const head = make("tr", {}, ...heads.map(([name, isNumber], column) => keep[column]
    ? make("th", { scope: "col", class: isNumber ? "number" : null }, make("button", { type: "button" }, name)) : null).filter(Boolean));
  const body = make("tbody", {}, ...lines.map((line) => make("tr", {}, ...cells(line, "td"))));
  if (rest) body.append(make("tr", { class: "rest" }, ...cells(rest, "td")));
  return make("table", {}, make("thead", {}, head), body, make("tfoot", {}, ...sums.map((sum) => make("tr", {}, ...cells(sum, "td")))));
}
