// What is filtered, and its place in the address of the page: `#?subnet=web&port=443/tcp&from=2024-08-19T10:00Z&at=who`.
// Any other fragment is an anchor. Values that the cube does not have are told and ignored.

// What an empty name is called in an address.
const NAMELESS = "(none)";

// The filters: the key in the address, the name, and which rows of the cube a value keeps. `both` looks at either end.
const FILTERS = [
  { key: "from", name: "From", isTime: true },
  { key: "to", name: "To", isTime: true },
  { key: "subnet", name: "Subnet", subject: "subnet", end: "both", nameless: "(no known subnet)" },
  { key: "interface", name: "Interface", subject: "interface", end: "both", nameless: "(no logged interface)" },
  { key: "direction", name: "Direction", values: () => ["inbound", "outbound"], rows: (cube, value) => (i) => (cube.inbound[i] === 1) === (value === "inbound") },
  { key: "status", name: "Status", values: () => ["allowed", "denied"] },
  { key: "type", name: "Flow type", subject: "type" },
  { key: "port", name: "Port", subject: "port" },
  { key: "country", name: "Country", subject: "country", nameless: "(none known)" },
  { key: "address", name: "Address", subject: "address", end: "both" },
  { key: "peer", name: "Peer", subject: "address", end: "both", isHidden: true },
  { key: "source", name: "From subnet", subject: "subnet", end: "src", nameless: "(no known subnet)", isHidden: true },
  { key: "destination", name: "To subnet", subject: "subnet", end: "dst", nameless: "(no known subnet)", isHidden: true },
];
for (const filter of FILTERS) if (filter.subject) filter.rows = (cube, value) => rowsOf(cube, filter, value);

function rowsOf(cube, filter, value) {
  const by = cube.by[filter.subject], key = by.names.indexOf(value === NAMELESS && filter.nameless ? "" : value);
  if (!filter.end) return (i) => by.row[i] === key;
  const isSource = filter.end !== "dst", isDestination = filter.end !== "src";
  return (i) => (isSource && by.of[cube.src[i]] === key) || (isDestination && by.of[cube.dst[i]] === key);
}

// The values that can be chosen, as they stand in an address.
function valuesOf(cube, filter) {
  if (filter.values) return filter.values();
  const names = cube.by[filter.subject].names.filter((name) => name !== FOLDED);
  return filter.nameless ? names.map((name) => name || NAMELESS) : names.filter((name) => name !== "");
}

function shownValue(filter, value) {
  if (filter.isTime) return `${minute(value)} UTC`;
  return value === NAMELESS && filter.nameless ? filter.nameless : value;
}

function isActive(state) { return FILTERS.some((filter) => state[filter.key] !== undefined); }

// Reads a fragment: the state, and what of it does not exist.
function parse(cube, fragment) {
  const state = {}, unknown = [];
  if (!fragment.startsWith("#?")) return { state, unknown, at: anchorOf(fragment) };
  const parameters = new URLSearchParams(fragment.slice(2));
  for (const filter of FILTERS) {
    const text = parameters.get(filter.key);
    if (text === null || text === "") continue;
    const value = filter.isTime ? momentOf(cube, text) : valuesOf(cube, filter).includes(text) ? text : undefined;
    if (value === undefined) unknown.push(`${filter.name.toLowerCase()} ${shorten(text, 60)}`);
    else state[filter.key] = value;
  }
  if (state.from !== undefined && state.to !== undefined && state.from >= state.to) {
    unknown.push("a time that ends before it begins");
    delete state.from; delete state.to;
  }
  const unit = parameters.get("unit");
  if (unit === "bytes" || unit === "flows") state.unit = unit;
  return { state, unknown, at: parameters.get("at") || "" };
}

function anchorOf(fragment) {
  try { return decodeURIComponent(fragment.slice(1)); } catch { return ""; }
}

// A moment in UTC within the window, or nothing.
function momentOf(cube, text) {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?$/.test(text) ? Date.parse(text.endsWith("Z") ? text : `${text}Z`) : NaN;
  return ms >= cube.start && ms <= cube.end ? ms : undefined;
}

// The fragment of a state; empty for none.
function fragmentOf(state, at) {
  const parts = [];
  const put = (key, value) => parts.push(`${key}=${encodeURIComponent(value).replace(/%2F/g, "/").replace(/%3A/g, ":")}`);
  for (const filter of FILTERS) {
    if (state[filter.key] === undefined) continue;
    put(filter.key, filter.isTime ? `${new Date(state[filter.key]).toISOString().slice(0, 16)}Z` : state[filter.key]);
  }
  if (state.unit) put("unit", state.unit);
  if (parts.length === 0) return at ? `#${encodeURIComponent(at)}` : "";
  if (at) put("at", at);
  return `#?${parts.join("&")}`;
}

// A state with `values` set, or cleared where all of them are set already.
function toggled(state, values) {
  const next = { ...state }, keys = Object.keys(values);
  const isSet = keys.every((key) => state[key] === values[key]);
  for (const key of keys) if (isSet || values[key] === undefined) delete next[key]; else next[key] = values[key];
  return next;
}
