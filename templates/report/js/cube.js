// The cube: deduplicated traffic by step, source, destination, port and flow type, as columns, and its sums under a filter.
// Counts exactly as the tables do: addresses, subnets and interfaces at both ends of a flow, everything else once.

// What is not told because it was folded; sorts last and cannot be filtered by.
const FOLDED = "\u0000";

// Reads the JSON element `id`; null where there is none or it is broken.
function readJson(id) {
  const element = document.getElementById(id);
  if (!element) return null;
  try { return JSON.parse(element.textContent); } catch { return null; }
}

function readCube() {
  const raw = readJson("cube");
  if (!raw || !raw.rows || raw.rows.src.length === 0) return null;
  const { rows } = raw, size = rows.src.length;
  const cube = {
    size, start: raw.start, step: raw.step, steps: raw.steps, end: raw.start + raw.step * raw.steps, cuts: raw.cuts || [],
    src: Uint32Array.from(rows.src), dst: Uint32Array.from(rows.dst), port: Uint32Array.from(rows.port), type: Uint8Array.from(rows.type),
    at: new Uint32Array(size), allowed: Float64Array.from(rows.allowed), denied: Float64Array.from(rows.denied),
    sent: Float64Array.from(rows.sent), received: Float64Array.from(rows.received),
    packets: Float64Array.from(rows.packets), unmeasured: Float64Array.from(rows.unmeasured),
    types: raw.types,
    ends: raw.ends.map(([ip, addresses, local, scope, subnet, vnet, nic, vm, country, folded]) =>
      ({ ip, addresses, local: local === 1, scope, subnet, vnet, interface: nic, vm, country, folded: folded === 1 })),
    ports: raw.ports.map((port) => port === null ? { name: FOLDED, service: "" } : { name: `${port[0]}/${protocol(port[1])}`, service: port[2] || "" }),
  };
  let step = 0;
  for (let i = 0; i < size; i += 1) { step += rows.step[i]; cube.at[i] = step; }
  derive(cube);
  return cube;
}

// Whether a conversation leaves the private networks, by its flow type; all others are internal.
const REACH = { AzurePublic: "external", ExternalPublic: "external", MaliciousFlow: "external", Unknown: "unknown" };

// What the rows say by themselves: direction, country of the far end, conversation, and which steps were logged at all.
function derive(cube) {
  const { ends, size, src, dst } = cube;
  cube.inbound = new Uint8Array(size);
  cube.logged = new Uint8Array(cube.steps);
  cube.conversation = new Int32Array(size);
  cube.pairs = [];
  cube.reach = [];
  const country = new Int32Array(size), pairs = new Map();
  const countries = index(ends, (end) => end.country === "" && end.folded ? FOLDED : end.country);
  const none = countries.names.indexOf("") < 0 ? countries.names.push("") - 1 : countries.names.indexOf("");
  for (let i = 0; i < size; i += 1) {
    const s = src[i], d = dst[i], from = ends[s], to = ends[d];
    cube.inbound[i] = to.local && !from.local ? 1 : 0;
    cube.logged[cube.at[i]] = 1;
    country[i] = from.local && to.local ? none : to.local ? countries.of[s] : countries.of[d];
    const low = Math.min(s, d), key = low * ends.length + Math.max(s, d);
    let pair = pairs.get(key);
    if (pair === undefined) { pair = cube.pairs.push([low, Math.max(s, d)]) - 1; pairs.set(key, pair); cube.reach.push(""); }
    const reach = REACH[cube.types[cube.type[i]]] || "internal";
    if (cube.reach[pair] !== "external") cube.reach[pair] = reach;
    cube.conversation[i] = pair;
  }
  cube.by = {
    address: index(ends, (end) => end.ip === null ? FOLDED : end.ip),
    subnet: index(ends, (end) => end.subnet === "" && end.folded ? FOLDED : end.subnet),
    interface: index(ends, (end) => end.interface === "" && (end.folded || (end.local && end.ip === null)) ? FOLDED : end.interface),
    country: { names: countries.names, row: country },
    port: { names: cube.ports.map((port) => port.name), row: cube.port },
    type: { names: cube.types, row: cube.type },
    conversation: { names: cube.pairs.map(([a, b]) => ends[a].ip === null || ends[b].ip === null ? FOLDED : `${ends[a].ip} ↔ ${ends[b].ip}`), row: cube.conversation },
  };
}

// Numbers the distinct texts of `ends`: the names, and the number of each end.
function index(ends, text) {
  const names = [], numbers = new Map(), of = new Int32Array(ends.length);
  ends.forEach((end, i) => {
    const name = text(end);
    if (!numbers.has(name)) numbers.set(name, names.push(name) - 1);
    of[i] = numbers.get(name);
  });
  return { names, of };
}

// Which rows a state keeps: `mask` by every filter, `wide` by every filter but time; and whether flows of a status count.
function select(cube, state) {
  const mask = new Uint8Array(cube.size).fill(1);
  for (const filter of FILTERS) {
    if (!filter.rows || state[filter.key] === undefined) continue;
    const keeps = filter.rows(cube, state[filter.key]);
    for (let i = 0; i < cube.size; i += 1) if (mask[i] && !keeps(i)) mask[i] = 0;
  }
  // Whatever was not only denied is among the allowed; a row without denied flows is none of the denied.
  const status = state.status;
  if (status === "denied") for (let i = 0; i < cube.size; i += 1) if (cube.denied[i] === 0) mask[i] = 0;
  const [first, last] = stepsOf(cube, state);
  let wide = mask;
  if (first > 0 || last < cube.steps) {
    wide = mask.slice();
    for (let i = 0; i < cube.size; i += 1) if (cube.at[i] < first || cube.at[i] >= last) mask[i] = 0;
  }
  return { cube, mask, wide, first, last, allowed: status !== "denied", denied: status !== "allowed", isFiltered: isActive(state) };
}

// The steps that a state's moments touch, half-open.
function stepsOf(cube, state) {
  const first = state.from === undefined ? 0 : Math.floor((state.from - cube.start) / cube.step);
  const last = state.to === undefined ? cube.steps : Math.ceil((state.to - cube.start) / cube.step);
  return [Math.min(Math.max(first, 0), cube.steps), Math.min(Math.max(last, 0), cube.steps)];
}

const MEASURES = ["received", "sent", "packets", "allowed", "denied", "unmeasured", "inbound"];

function zeros(size) {
  const sums = {};
  for (const name of MEASURES) sums[name] = new Float64Array(size);
  return sums;
}

// Adds what of row `i` the view counts to place `k`; `towards` says which way is received. Bytes belong to what was allowed.
function add(sums, k, view, i, towards) {
  const { cube } = view;
  if (view.allowed) {
    sums.received[k] += towards ? cube.sent[i] : cube.received[i];
    sums.sent[k] += towards ? cube.received[i] : cube.sent[i];
    sums.packets[k] += cube.packets[i];
    sums.unmeasured[k] += cube.unmeasured[i];
    sums.allowed[k] += cube.allowed[i];
  }
  if (view.denied) sums.denied[k] += cube.denied[i];
  if (towards) sums.inbound[k] += (view.allowed ? cube.allowed[i] : 0) + (view.denied ? cube.denied[i] : 0);
}

// How each subject is summed: at both ends, towards the port, by direction, or towards the smaller address of a conversation.
const SUBJECTS = {
  address: "ends", subnet: "ends", interface: "ends",
  country: "direction", type: "direction", port: "port", conversation: "smaller",
};

// Sums by subject: one place per name.
function sumBy(view, subject) {
  const { cube, mask } = view, by = cube.by[subject], sums = zeros(by.names.length), way = SUBJECTS[subject];
  for (let i = 0; i < cube.size; i += 1) {
    if (!mask[i]) continue;
    if (way === "ends") {
      add(sums, by.of[cube.src[i]], view, i, false);
      add(sums, by.of[cube.dst[i]], view, i, true);
    } else {
      const towards = way === "port" || (way === "direction" ? cube.inbound[i] === 1 : cube.dst[i] < cube.src[i]);
      add(sums, by.row[i], view, i, towards);
    }
  }
  return sums;
}

// Sums by step; `wide` also outside of the chosen time.
function sumByStep(view, isWide) {
  const { cube } = view, mask = isWide ? view.wide : view.mask, sums = zeros(cube.steps);
  for (let i = 0; i < cube.size; i += 1) if (mask[i]) add(sums, cube.at[i], view, i, cube.inbound[i] === 1);
  return sums;
}

// Sums by subnet of the source and of the destination, at source * n + destination.
function sumByPath(view) {
  const { cube, mask } = view, { of, names } = cube.by.subnet, sums = zeros(names.length * names.length);
  for (let i = 0; i < cube.size; i += 1) if (mask[i]) add(sums, of[cube.src[i]] * names.length + of[cube.dst[i]], view, i, false);
  return sums;
}

// The whole of a view, by direction.
function total(view) {
  const sums = zeros(1);
  for (let i = 0; i < view.cube.size; i += 1) if (view.mask[i]) add(sums, 0, view, i, view.cube.inbound[i] === 1);
  return at(sums, 0);
}

// One place of sums as a plain object.
function at(sums, k) {
  const one = {};
  for (const name of MEASURES) one[name] = sums[name][k];
  return withSums(one);
}
function withSums(one) { one.bytes = one.received + one.sent; one.flows = one.allowed + one.denied; return one; }
function plus(one, other) { for (const name of MEASURES) one[name] += other[name]; return withSums(one); }
function nothing() { const one = {}; for (const name of MEASURES) one[name] = 0; return withSums(one); }

// The places of `sums` that hold anything, most of `unit` first, then flows or bytes, then name; what was folded apart from them.
function ranked(sums, names, unit, keeps) {
  const other = unit === "bytes" ? "flows" : "bytes", rows = [];
  let folded = null;
  names.forEach((name, k) => {
    if (keeps && !keeps(k)) return;
    const row = at(sums, k);
    if (row.bytes === 0 && row.flows === 0 && row.packets === 0 && row.unmeasured === 0) return;
    if (name === FOLDED) { folded = plus(folded || nothing(), row); return; }
    row.name = name; row.key = k;
    rows.push(row);
  });
  rows.sort((a, b) => b[unit] - a[unit] || b[other] - a[other] || a.key - b.key);
  return { rows, folded };
}

// Mean, greatest and 95th percentile of what the places `keys` move in a step, over the steps that were logged. Unit: that of a step.
function rates(view, subject, unit, keys) {
  const { cube, mask } = view, by = cube.by[subject], steps = cube.steps;
  const place = new Int32Array(by.names.length).fill(-1);
  keys.forEach((key, n) => { place[key] = n; });
  const per = new Float64Array(keys.length * steps);
  const put = (key, i, value) => { if (place[key] >= 0) per[place[key] * steps + cube.at[i]] += value; };
  for (let i = 0; i < cube.size; i += 1) {
    if (!mask[i]) continue;
    const flows = (view.allowed ? cube.allowed[i] : 0) + (view.denied ? cube.denied[i] : 0);
    const value = unit === "flows" ? flows : view.allowed ? cube.sent[i] + cube.received[i] : 0;
    if (by.of) { put(by.of[cube.src[i]], i, value); put(by.of[cube.dst[i]], i, value); } else put(by.row[i], i, value);
  }
  const open = [];
  for (let step = view.first; step < view.last; step += 1) if (cube.logged[step]) open.push(step);
  return keys.map((_, n) => percentiles(open.map((step) => per[n * steps + step])));
}

function percentiles(values) {
  if (values.length === 0) return { least: 0, mean: 0, most: 0, p95: 0 };
  const sorted = Float64Array.from(values).sort();
  const sum = sorted.reduce((a, b) => a + b, 0);
  return { least: sorted[0], mean: sum / sorted.length, most: sorted[sorted.length - 1], p95: sorted[Math.ceil(sorted.length * 0.95) - 1] };
}
