// Bars: the names of one subject, the longest first, with what is left out as a grey bar at the end.

// Most bars, where the page does not say how many it has; the rest is one more.
const BARS_MAX = Number(document.querySelector("main").dataset.bars) || 12;

// The parts of a bar: bytes by direction, or flows by decision.
const PARTS = {
  bytes: [["received", "bytes received", "blue"], ["sent", "bytes sent", "sky"]],
  flows: [["allowed", "flows allowed", "blue"], ["denied", "flows denied", "vermillion"]],
};

// What a title says of the leading name.
const LEADS = {
  address: (row, name, whole, unit) => `${name} takes part in ${share(row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
  subnet: (row, name, whole, unit) => unit === "bytes"
    ? `${name} moves most: it receives ${bytes(row.received)} and sends ${bytes(row.sent)}` : `${name} moves most: it takes part in ${counted(row.flows, "flow")}`,
  interface: (row, name, whole, unit) => `${name} takes part in ${share(row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
  country: (row, name, whole, unit) => `${name} is at the far end of ${share(row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
  type: (row, name, whole, unit) => `${name} is ${share(row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
  port: (row, name, whole, unit) => `${name} is ${unit === "flows" ? "asked for" : "used"} most: ${share(row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
  conversation: (row, name, whole, unit, all) => `${name} is the busiest of ${counted(all.length, "conversation")}: ${share(row[unit], sumOf(all, unit))} of ${amount(sumOf(all, unit), unit)}`,
};

function sumOf(rows, unit) { return rows.reduce((sum, row) => sum + row[unit], 0); }

function barChart(view, context) {
  const { entry, unit, ink, isCompact, width } = context;
  const observed = entry.observed && !view.isFiltered ? observedRows(context.section, entry.observed, unit) : null;
  const { rows, folded } = observed || subjectRows(view, entry, unit);
  const lead = rows.find((row) => row.name !== "") || rows[0];
  if (!lead) return emptyModel();
  const shown = rows.slice(0, BARS_MAX), left = rows.slice(BARS_MAX);
  const rest = left.reduce((sum, row) => plus(sum, row), folded ? plus(nothing(), folded) : nothing());
  const hasRest = left.length > 0 || (folded !== null && !isEmptyRow(folded));
  const bars = shown.map((row) => ({ row, label: labelOf(view.cube, entry, row), isRest: false }));
  if (hasRest) bars.push({ row: rest, label: folded ? "all others" : `other (${counted(left.length, entry.noun)})`, isRest: true });
  const longest = Math.max(...shown.map((row) => row[unit]), 1);
  // A grey bar that dwarfs the names is cut at the end of the axis.
  const limit = rest[unit] > 2 * longest ? longest : Math.max(longest, hasRest ? rest[unit] : 0);
  const name = labelOf(view.cube, entry, lead, true);
  const notes = [...(entry.bothEnds && !observed ? ["Traffic counts at both its ends, so the bars add up to twice the total."] : []),
    ...(entry.reach ? ["Received is towards the address that is named first."] : []),
    ...commonNotes(view, entry.subject === "address" || entry.reach ? ["addresses"] : entry.subject === "port" ? ["ports"] : entry.subject === "country" ? ["countries"] : [`${entry.subject}s`])];
  if (entry.observed && view.isFiltered) notes.unshift("Filtered, an interface has the traffic of the addresses that it owns; unfiltered it is counted as it logged.");
  return {
    title: LEADS[entry.subject](lead, name, total(view), unit, rows),
    what: entry.what, counted: observed ? OBSERVED : DEDUPLICATED, notes,
    summary: bars.slice(0, 5).map((bar) => `${bar.label}: ${noteOf(bar.row, unit)}`).join("; "),
    height: bars.length * (isCompact ? 46 : 28) + 58,
    option: barOption(bars, { unit, ink, isCompact, width, limit, entry, state: context.state }),
    pick: (event) => pickBar(view.cube, entry, bars, event),
  };
}

function subjectRows(view, entry, unit) {
  const cube = view.cube, keeps = entry.reach ? (k) => cube.reach[k] === entry.reach : entry.hidesNameless ? (k) => cube.by[entry.subject].names[k] !== "" : null;
  return ranked(sumBy(view, entry.subject), cube.by[entry.subject].names, unit, keeps);
}

// The name on the axis, and what is best known of it.
function labelOf(cube, entry, row, isTitle) {
  const filter = FILTERS.find((one) => one.key === entry.filter);
  if (row.name === "") return filter && filter.nameless ? filter.nameless : "(none)";
  if (isTitle) return shorten(row.name, 60);
  if (entry.subject === "address" && row.key !== undefined) {
    const end = cube.ends[cube.by.address.of.indexOf(row.key)], known = end && (end.vm || end.interface || end.country);
    return known ? `${row.name} (${known})` : row.name;
  }
  if (entry.subject === "port") { const { service } = cube.ports[row.key]; return service ? `${row.name} ${shorten(service, 20)}` : row.name; }
  return row.label || row.name;
}

function barOption(bars, { unit, ink, isCompact, width, limit, entry, state }) {
  const parts = PARTS[unit], chosen = entry.filter && state[entry.filter];
  const isFaded = (bar) => chosen !== undefined && !bar.isRest && (bar.row.name || NAMELESS) !== chosen;
  const labelWidth = isCompact ? width - 16 : Math.ceil(Math.min(300, Math.max(60, ...bars.map((bar) => widthOf(shorten(bar.label, 42), 13) + 4))));
  const isWide = width >= 900 && !isCompact;
  const noteText = (bar) => {
    const cut = bar.isRest && bar.row[unit] > limit ? "cut · " : "";
    return plain(shorten(cut + (isWide ? noteOf(bar.row, unit) : amount(bar.row[unit], unit)), 72));
  };
  // As much room at the right as the longest reaching note needs.
  const left = isCompact ? 0 : labelWidth + 12, plot = width - left;
  const room = (bar) => { const part = Math.min(bar.row[unit] / limit, 1); return part === 0 ? 0 : (widthOf(noteText(bar), 12) + 12 - (1 - part) * plot) / part; };
  const right = Math.ceil(Math.min(plot * 0.55, Math.max(24, ...bars.map(room))));
  const scaled = (bar, key) => {
    const sum = bar.row[unit], value = bar.row[key];
    return bar.isRest ? (key === parts[0][0] ? Math.min(sum, limit) : 0) : value;
  };
  const series = parts.map(([key, name, colour]) => ({
    type: "bar", name, stack: "all", barWidth: isCompact ? 15 : 17, cursor: "pointer",
    data: bars.map((bar) => ({ value: scaled(bar, key), itemStyle: { color: bar.isRest ? ink.grey : ink[colour], opacity: isFaded(bar) ? 0.45 : 1 } })),
    color: ink[colour], emphasis: { focus: "none" }, barMinHeight: 0,
  }));
  series.push({
    type: "bar", stack: "all", silent: true, data: bars.map(() => 0), barWidth: isCompact ? 15 : 17,
    label: { show: true, position: "right", distance: 4, backgroundColor: ink.card, padding: [1, 3], color: ink.muted, fontSize: 12, fontFamily: FONT, formatter: (at) => noteText(bars[at.dataIndex]) },
  });
  return {
    grid: { left, right, top: 30, bottom: 24, outerBoundsMode: "none" },
    legend: legend(ink, parts.map((part) => part[1])),
    xAxis: { type: "value", min: 0, max: limit, interval: interval(limit, isCompact ? 3 : 5, unit), axisLabel: { ...axisText(ink), formatter: (value) => tick(value, unit), alignMinLabel: isCompact ? "left" : "center", showMaxLabel: limit % interval(limit, isCompact ? 3 : 5, unit) === 0, hideOverlap: true }, splitLine: { lineStyle: { color: ink.line } } },
    yAxis: {
      type: "category", inverse: true, triggerEvent: true, data: bars.map((_, i) => String(i)), axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { color: ink.text, fontSize: 13, fontFamily: FONT, width: labelWidth, overflow: "truncate", interval: 0,
        ...(isCompact ? { inside: true, align: "left", verticalAlign: "bottom", padding: [0, 0, 12, -8] } : { margin: 12 }),
        formatter: (i) => plain(shorten(bars[Number(i)].label, isCompact ? Math.floor(width / 8) : 42)) },
      z: 10,
    },
    series,
    tooltip: tip(ink, { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: ink.soft, opacity: 0.5 } }, formatter: (at) => {
      const bar = bars[at[0].dataIndex], lines = parts.map(([key, name]) => `${name}: ${amount(bar.row[key], unit)}`);
      return plain([shorten(bar.label, 60), ...lines, noteOf(bar.row, unit)].join("\n"));
    } }),
  };
}

// The filters that a click on a bar or its name sets.
function pickBar(cube, entry, bars, event) {
  const bar = bars[event.componentType === "yAxis" ? Number(event.value) : event.dataIndex];
  if (!bar || bar.isRest) return null;
  if (entry.filter) return { [entry.filter]: bar.row.name || NAMELESS };
  const [a, b] = cube.pairs[bar.row.key];
  return { address: cube.ends[a].ip, peer: cube.ends[b].ip };
}

// The rows of a table that is counted as logged, which the cube is not; null where the table shows only its first rows.
function observedRows(section, file, unit) {
  const box = section.querySelector(`[data-file="${file}"]`);
  if (!box || box.dataset.whole !== "yes") return null;
  const table = box.querySelector("table"), heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent);
  const place = (name) => heads.indexOf(name);
  const number = (row, name) => (place(name) < 0 ? 0 : Number(row.cells[place(name)].dataset.key) || 0);
  const text = (row, name) => (place(name) < 0 ? "" : row.cells[place(name)].textContent);
  const rows = Array.from(table.tBodies[0].rows, (row) => {
    const [first, ...others] = text(row, "Addresses").split(" ").filter(Boolean);
    const name = text(row, "Interface") || text(row, "MAC");
    const one = withSums({ received: number(row, "Received"), sent: number(row, "Sent"), packets: number(row, "Packets"),
      allowed: number(row, "Flows allowed"), denied: number(row, "Flows denied"), unmeasured: number(row, "Unmeasured"), inbound: 0 });
    return Object.assign(one, { name, label: first ? `${name} (${first}${others.length > 0 ? ` +${others.length}` : ""})` : name });
  });
  rows.sort((a, b) => b[unit] - a[unit]);
  return { rows, folded: null };
}
