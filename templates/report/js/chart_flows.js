// Where traffic goes: a heat map of subnets, a Sankey of source, destination and port, and a map of the world.

// Most names on a side of the heat map and in a column of the Sankey; the rest is one more.
const NAMES_MAX = 12;

function subnetName(name) { return name === FOLDED ? "other" : name || "(no known subnet)"; }

function matrixChart(view, context) {
  const { unit, ink, isCompact, width } = context, { cube } = view, { names } = cube.by.subnet, sums = sumByPath(view), size = names.length;
  const weight = new Float64Array(size), paths = [];
  for (let k = 0; k < size * size; k += 1) {
    const row = at(sums, k);
    if (isEmptyRow(row) && row.unmeasured === 0) continue;
    const from = Math.floor(k / size), to = k % size;
    weight[from] += row[unit]; weight[to] += row[unit];
    paths.push({ from, to, row });
  }
  if (paths.length === 0) return emptyModel();
  if (isCompact) return pathBars(view, context, paths);
  const most = NAMES_MAX;
  const order = [...new Set(paths.flatMap((path) => [path.from, path.to]))].sort((a, b) => (names[a] === FOLDED) - (names[b] === FOLDED) || weight[b] - weight[a] || a - b);
  const shown = order.filter((k) => names[k] !== FOLDED).slice(0, most), place = new Map(shown.map((k, n) => [k, n]));
  const left = order.length - shown.length, labels = shown.map((k) => subnetName(names[k]));
  if (left > 0) labels.push(`other (${left})`);
  const cells = new Map();
  for (const path of paths) {
    const x = place.get(path.to) ?? shown.length, y = place.get(path.from) ?? shown.length, key = y * labels.length + x;
    cells.set(key, plus(cells.get(key) || nothing(), path.row));
  }
  const shared = sharedPart(labels), option = matrixOption(labels.map((label) => (label.startsWith(shared) ? label.slice(shared.length) : label)), cells, { unit, ink, width });
  return {
    ...pathWords(view, paths, unit),
    notes: [`Down: from. Across: to. Framed: all flows denied.${shared ? ` All subnets are of ${shorten(shared.slice(0, -1), 60)}.` : ""}`, ...commonNotes(view, ["subnets"])],
    height: option.grid.top + option.grid.height + 56, option,
    pick: (event) => {
      if (event.componentType !== "series") return null;
      const [x, y] = event.value, value = (n) => names[shown[n]] || NAMELESS;
      return x < shown.length && y < shown.length ? { source: value(y), destination: value(x) } : null;
    },
  };
}

// What is concluded from paths between subnets, and what a screen reader is told.
function pathWords(view, paths, unit) {
  const { names } = view.cube.by.subnet, whole = total(view), sorted = paths.slice().sort((a, b) => b.row[unit] - a.row[unit]), [lead] = sorted;
  return {
    title: `${shorten(subnetName(names[lead.from]), 40)} to ${shorten(subnetName(names[lead.to]), 40)} is the busiest path: ${share(lead.row[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
    what: `${unit === "bytes" ? "Both ways, by" : "By"} who began the flow`,
    summary: sorted.slice(0, 5).map((path) => `${subnetName(names[path.from])} to ${subnetName(names[path.to])}: ${noteOf(path.row, unit)}`).join("; "),
  };
}

// The same on a phone, where a cell could not be read: the busiest paths as bars.
function pathBars(view, context, paths) {
  const { unit, ink, width, entry } = context, { names } = view.cube.by.subnet;
  const sorted = paths.slice().sort((a, b) => b.row[unit] - a.row[unit]), left = sorted.slice(BARS_MAX);
  const bars = sorted.slice(0, BARS_MAX).map((path) => ({ row: path.row, path, label: `${lastPart(subnetName(names[path.from]))} → ${lastPart(subnetName(names[path.to]))}`, isRest: false }));
  if (left.length > 0) bars.push({ row: left.reduce((sum, path) => plus(sum, path.row), nothing()), label: `other (${counted(left.length, "path")})`, isRest: true });
  const longest = Math.max(...sorted.slice(0, 1).map((path) => path.row[unit]), 1);
  return {
    ...pathWords(view, paths, unit), notes: commonNotes(view, ["subnets"]), height: bars.length * 46 + 58,
    option: barOption(bars, { unit, ink, isCompact: true, width, limit: longest, entry, state: {} }),
    pick: (event) => {
      const bar = bars[event.componentType === "yAxis" ? Number(event.value) : event.dataIndex];
      return bar && !bar.isRest && names[bar.path.from] !== FOLDED && names[bar.path.to] !== FOLDED
        ? { source: names[bar.path.from] || NAMELESS, destination: names[bar.path.to] || NAMELESS } : null;
    },
  };
}

function matrixOption(labels, cells, { unit, ink, width }) {
  const size = labels.length, rows = new Map(cells), values = [...cells.values()].map((row) => row[unit]).filter((value) => value > 0);
  const most = Math.log10(Math.max(...values, 1)), least = Math.min(Math.log10(Math.min(...values, 1e15)), most - 0.01), middle = (least + most) / 2;
  const texts = labels.map((label) => shortenPath(label, 28)), longest = Math.max(...texts.map((text) => widthOf(text, 12)));
  const labelWidth = Math.ceil(Math.min(220, 16 + longest));
  const slant = (width - labelWidth - 20) / size < longest + 8, cellWidth = (width - labelWidth - (slant ? 104 : 20)) / size;
  const data = [...cells].map(([key, row]) => {
    const isRefused = row.allowed === 0 && row.denied > 0, log = row[unit] > 0 ? Math.log10(row[unit]) : least;
    return { value: [key % size, Math.floor(key / size), log], itemStyle: { borderColor: isRefused ? ink.vermillion : ink.card, borderWidth: 2 }, label: { color: log > middle ? ink.onDark : ink.onLight } };
  });
  const rowAt = (event) => rows.get(event.value[1] * size + event.value[0]);
  const axis = (position, more) => ({ type: "category", data: labels.map((_, i) => String(i)), position, splitArea: { show: true, areaStyle: { color: [ink.soft, ink.soft] } }, axisTick: { show: false }, axisLine: { show: false },
    axisLabel: { color: ink.text, fontSize: 12, fontFamily: FONT, interval: 0, formatter: (i) => plain(texts[Number(i)]), ...more } });
  return {
    grid: { left: labelWidth + 8, right: slant ? 92 : 8, top: slant ? 118 : 34, height: size * 34, outerBoundsMode: "none" },
    xAxis: axis("top", { rotate: slant ? -40 : 0, align: slant ? "left" : "center" }), yAxis: { ...axis("left", { width: labelWidth - 8, overflow: "truncate" }), inverse: true },
    visualMap: { type: "continuous", show: new Set(values).size > 1, min: least, max: most, dimension: 2, calculable: false, orient: "horizontal", left: labelWidth, bottom: 0, itemWidth: 12, itemHeight: 150,
      inRange: { color: ink.ramp }, text: [tick(10 ** most, unit), tick(Math.round(10 ** least), unit)], textStyle: { color: ink.muted, fontFamily: FONT }, hoverLink: false },
    series: [{ type: "heatmap", data, cursor: "pointer", emphasis: { itemStyle: { borderColor: ink.text, borderWidth: 2 } },
      label: { show: cellWidth > 44, fontSize: 11, fontFamily: FONT, formatter: (event) => { const row = rowAt(event); return row[unit] === 0 ? "–" : tick(row[unit], unit); } } }],
    tooltip: tip(ink, { trigger: "item", formatter: (event) => plain(`${shorten(labels[event.value[1]], 60)} to ${shorten(labels[event.value[0]], 60)}\n${noteOf(rowAt(event), unit)}`) }),
  };
}

// Names of ends without a subnet, by where they belong.
const PLACES = { on_premises: "On premises", platform: "Azure platform", azure_public: "Azure public", external_public: "Internet", unknown_private: "Unknown private", local: "(no known subnet)", vnet: "(no known subnet)" };

// The node of an end: its subnet, else its country, else what kind of place it is; and the filter that it sets.
function placeOf(end, column) {
  if (end.subnet !== "") return { name: end.subnet, values: { [column]: end.subnet } };
  if (end.country !== "") return { name: end.country, values: { country: end.country } };
  return { name: PLACES[end.scope] || "other", values: end.ip !== null && end.folded ? null : { [column]: NAMELESS } };
}

function sankeyChart(view, context) {
  const { unit, ink, isCompact, width } = context, { cube, mask } = view;
  const columns = [["source", "source"], ["destination", "destination"], ["port", "port"]].map(() => new Map());
  const keys = { src: cube.ends.map((end) => placeOf(end, "source")), dst: cube.ends.map((end) => placeOf(end, "destination")), port: cube.ports.map((port) => port.name === FOLDED ? { name: "other ports", values: null } : { name: port.name, values: { port: port.name } }) };
  const value = (i) => unit === "bytes" ? (view.allowed ? cube.sent[i] + cube.received[i] : 0) : (view.allowed ? cube.allowed[i] : 0) + (view.denied ? cube.denied[i] : 0);
  const of = (i) => [keys.src[cube.src[i]], keys.dst[cube.dst[i]], keys.port[cube.port[i]]];
  let sum = 0;
  for (let i = 0; i < cube.size; i += 1) {
    if (!mask[i] || value(i) === 0) continue;
    sum += value(i);
    of(i).forEach((node, column) => columns[column].set(node.name, (columns[column].get(node.name) || 0) + value(i)));
  }
  if (sum === 0) return emptyModel();
  const most = isCompact ? 6 : NAMES_MAX, nodes = [], numbers = columns.map(() => new Map()), lefts = [0, 0, 0];
  columns.forEach((names, column) => {
    const order = [...names].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    order.slice(0, most).forEach(([name, size]) => numbers[column].set(name, nodes.push({ column, name, size, values: null }) - 1));
    const rest = order.slice(most);
    if (rest.length > 0) { lefts[column] = nodes.push({ column, name: `other (${rest.length})`, size: rest.reduce((a, b) => a + b[1], 0), values: null }) - 1; }
  });
  const links = new Map();
  for (let i = 0; i < cube.size; i += 1) {
    if (!mask[i] || value(i) === 0) continue;
    const path = of(i).map((node, column) => { const n = numbers[column].get(node.name); if (n === undefined) return lefts[column]; nodes[n].values = node.values; return n; });
    for (const key of [`${path[0]}>${path[1]}`, `${path[1]}>${path[2]}`]) links.set(key, (links.get(key) || 0) + value(i));
  }
  const flows = [...links].map(([key, size]) => { const [source, target] = key.split(">").map(Number); return { source, target, size }; });
  const lead = flows.filter((flow) => nodes[flow.source].column === 0).reduce((best, flow) => (flow.size > best.size ? flow : best));
  return {
    title: `${share(lead.size, sum)} of ${unit} go from ${shorten(nodes[lead.source].name, 40)} to ${shorten(nodes[lead.target].name, 40)}`,
    what: "By who began the flow", notes: [unit === "bytes" ? "Bytes are both ways." : "Denied flows are among them.", ...commonNotes(view, ["addresses", "subnets", "ports", "countries"])],
    summary: flows.slice().sort((a, b) => b.size - a.size).slice(0, 5).map((flow) => `${nodes[flow.source].name} to ${nodes[flow.target].name}: ${amount(flow.size, unit)}`).join("; "),
    height: Math.max(220, Math.max(...[0, 1, 2].map((column) => nodes.filter((node) => node.column === column).length)) * 44 + 60),
    option: sankeyOption(nodes, flows, { unit, ink, isCompact, width }),
    pick: (event) => {
      if (event.dataType === "node") return nodes[Number(event.name)].values;
      const from = nodes[Number(event.data.source)].values, to = nodes[Number(event.data.target)].values;
      return from && to ? { ...from, ...to } : null;
    },
  };
}

function sankeyOption(nodes, flows, { unit, ink, isCompact, width }) {
  const colours = [ink.blue, ink.green, ink.vermillion], cut = isCompact ? 12 : 28;
  const text = (node) => (isCompact ? shorten(node.column < 2 ? lastPart(node.name) : node.name, cut) : shortenPath(node.name, cut));
  const label = (node) => (isCompact ? text(node) : node.column === 0 ? `${tick(node.size, unit)}  ${text(node)}` : `${text(node)}  ${tick(node.size, unit)}`);
  const widest = (column) => Math.ceil(Math.max(0, ...nodes.filter((node) => node.column === column).map((node) => widthOf(label(node), 12.5)))) + 14;
  // The names of the first column stand before it, where no band runs; on a phone there is no room for that.
  const left = isCompact ? 4 : Math.min(290, widest(0)), room = Math.min(isCompact ? 96 : 290, widest(2)), bands = width - left - room - 14;
  // Bands run below the names of the middle.
  const behind = { backgroundColor: `${ink.card}d9`, padding: [1, 4], borderRadius: 3, textBorderWidth: 0 };
  const heading = (text, x, textAlign) => ({ text, left: x, top: 4, padding: 0, textAlign, textVerticalAlign: "top", textStyle: { color: ink.muted, fontSize: 12.5, fontWeight: 600, fontFamily: FONT } });
  return {
    series: [{
      type: "sankey", left, right: room, top: 28, bottom: 8, nodeWidth: 14, nodeGap: isCompact ? 18 : 20, layoutIterations: 0, draggable: false, cursor: "pointer",
      data: nodes.map((node, n) => ({ name: String(n), depth: node.column, label: isCompact ? {} : node.column === 0 ? { position: "left" } : node.column === 1 ? { ...behind } : {}, itemStyle: { color: node.name.startsWith("other") ? ink.grey : colours[node.column], borderWidth: 0 } })),
      links: flows.map((flow) => ({ source: String(flow.source), target: String(flow.target), value: flow.size })),
      lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 }, emphasis: { focus: "adjacency", lineStyle: { opacity: 0.55 } },
      label: { color: ink.text, fontSize: 12.5, fontFamily: FONT, ...(isCompact ? { width: Math.min(room, bands / 2), overflow: "truncate" } : {}), textBorderColor: ink.card, textBorderWidth: 3, formatter: (event) => plain(label(nodes[Number(event.name)])) },
    }],
    title: [heading("From", isCompact ? left : left + 14, isCompact ? "left" : "right"), heading("To", left + bands / 2, "left"), heading("Port", left + bands, "left")],
    tooltip: tip(ink, { trigger: "item", formatter: (event) => {
      if (event.dataType === "node") { const node = nodes[Number(event.name)]; return plain(`${shorten(node.name, 60)}\n${amount(node.size, unit)}`); }
      const from = nodes[Number(event.data.source)], to = nodes[Number(event.data.target)];
      return plain(`${shorten(from.name, 60)} to ${shorten(to.name, 60)}\n${amount(event.data.value, unit)}`);
    } }),
  };
}

let world = null;

function worldChart(view, context) {
  const { unit, ink, isCompact, width } = context, { cube } = view;
  if (world === null) {
    world = readJson("world-shapes") || false;
    if (world) echarts.registerMap("world", world);
  }
  const { rows } = ranked(sumBy(view, "country"), cube.by.country.names, unit, (k) => cube.by.country.names[k] !== "");
  if (!world || rows.length === 0) return emptyModel();
  const names = new Map(world.features.map((feature) => [feature.properties.code, feature.properties.name]));
  const drawn = rows.filter((row) => names.has(row.name)), missing = rows.filter((row) => !names.has(row.name));
  const whole = total(view), byCode = new Map(rows.map((row) => [row.name, row]));
  const log = (row) => (row[unit] > 0 ? Math.log10(row[unit]) : 0), logs = drawn.map(log);
  const most = Math.max(...logs), least = Math.min(...logs, most - 0.01), lead = rows[0], called = names.get(lead.name) || lead.name;
  return {
    title: `${called} is at the far end of ${share(lead[unit], whole[unit])} of ${amount(whole[unit], unit)}`,
    notes: missing.length > 0 ? [`Not on the map: ${missing.slice(0, 8).map((row) => `${shorten(row.name, 24)} ${amount(row[unit], unit)}`).join(", ")}.`, ...commonNotes(view, ["countries"])] : commonNotes(view, ["countries"]),
    summary: rows.slice(0, 5).map((row) => `${names.get(row.name) || row.name}: ${noteOf(row, unit)}`).join("; "),
    height: Math.round(Math.min(560, width * 0.5)) + 40,
    option: {
      visualMap: { type: "continuous", show: new Set(logs).size > 1, min: least, max: most, calculable: false, orient: "horizontal", left: 0, bottom: 0, itemWidth: 12, itemHeight: isCompact ? 90 : 150, inRange: { color: ink.ramp },
        text: [tick(Math.round(10 ** most), unit), tick(Math.round(10 ** least), unit)], textStyle: { color: ink.muted, fontFamily: FONT }, hoverLink: false },
      series: [{ type: "map", map: "world", nameProperty: "code", roam: false, left: 0, right: 0, top: 4, bottom: 36, selectedMode: false, cursor: "pointer", projection: MILLER,
        itemStyle: { areaColor: ink.soft, borderColor: ink.line, borderWidth: 0.6 }, label: { show: false }, emphasis: { label: { show: false }, itemStyle: { areaColor: ink.vermillion } },
        data: drawn.map((row) => ({ name: row.name, value: log(row) })) }],
      tooltip: tip(ink, { trigger: "item", formatter: (event) => {
        const row = byCode.get(event.name);
        return plain(`${names.get(event.name) || event.name}\n${row ? noteOf(row, unit) : "no traffic"}`);
      } }),
    },
    pick: (event) => (byCode.has(event.name) ? { country: event.name } : null),
  };
}

// The projection of O. M. Miller (1942): shapes stay familiar and the poles do not run away.
const MILLER = {
  project: ([lon, lat]) => [lon * Math.PI / 180, -1.25 * Math.log(Math.tan(Math.PI / 4 + 0.4 * lat * Math.PI / 180))],
  unproject: ([x, y]) => [x * 180 / Math.PI, 2.5 * (Math.atan(Math.exp(-0.8 * y)) - Math.PI / 4) * 180 / Math.PI],
};
