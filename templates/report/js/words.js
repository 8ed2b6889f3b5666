// Numbers, sizes, moments and names as people read them: the same words as the static page has.
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const PROTOCOLS = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };
const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function count(number) { return GROUPED.format(number); }

// `0 B`, `812 KiB`, `1.2 GiB`: three digits, one decimal below 100.
function bytes(number) {
  let size = number, unit = 0;
  while (size >= (unit === 0 ? 1024 : 999.5) && unit + 1 < BYTE_UNITS.length) { size /= 1024; unit += 1; }
  if (unit === 0) return `${count(number)} B`;
  return `${size >= 99.95 || Math.round(size * 10) % 10 === 0 ? size.toFixed(0) : size.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

// `1 flow`, `2 addresses`, `3 countries`.
function counted(number, noun) {
  if (number === 1) return `1 ${noun}`;
  const many = noun === "country" ? "countries" : noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  return `${count(number)} ${many}`;
}

// `41 %`, and never 0 % or 100 % unless it is.
function share(part, whole) {
  if (whole === 0) return "0 %";
  const percent = part * 100 / whole;
  if (part === 0 || part >= whole || (percent >= 1 && percent < 99.5)) return `${percent.toFixed(0)} %`;
  return percent < 1 ? "under 1 %" : "over 99 %";
}

// An amount of the unit `bytes` or `flows`, and the same for an axis.
function amount(value, unit) { return unit === "bytes" ? bytes(value) : counted(value, "flow"); }
function tick(value, unit) {
  if (unit === "bytes") return bytes(value);
  return value >= 1e6 ? `${+(value / 1e6).toFixed(1)} M` : value >= 1e4 ? `${+(value / 1e3).toFixed(1)} k` : count(value);
}

// Moments in UTC: `2024-08-19 17:59`, `17:59`.
function minute(ms) { return new Date(ms).toISOString().slice(0, 16).replace("T", " "); }
function clock(ms) { return new Date(ms).toISOString().slice(11, 16); }
// `2024-08-19 17:00 to 18:00 UTC`.
function span(from, to) {
  const first = minute(from), last = minute(to);
  return `${first} to ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last} UTC`;
}
function length(ms) {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  if (ms >= HOUR) return ms % HOUR === 0 ? `${ms / HOUR} h` : `${Math.floor(ms / HOUR)} h ${Math.round(ms % HOUR / MINUTE)} min`;
  return `${Math.max(1, Math.round(ms / MINUTE))} min`;
}

function protocol(number) { return PROTOCOLS[number] || `proto ${number}`; }

// `text` with its middle cut out until it has at most `most` characters.
function shorten(text, most) {
  const all = Array.from(text);
  if (all.length <= most) return text;
  const kept = Math.max(0, most - 1);
  return `${all.slice(0, Math.ceil(kept / 2)).join("")}…${all.slice(all.length - Math.floor(kept / 2)).join("")}`;
}

// As `shorten`, but of a name such as `vnet/subnet` the last part stays whole as long as it can.
function shortenPath(name, most) {
  const last = lastPart(name), room = most - Array.from(last).length - 1;
  return last === name || room < 4 ? shorten(name, most) : `${shorten(name.slice(0, -last.length - 1), room)}/${last}`;
}

// The last part of a name such as `vnet/subnet`, for where there is no room.
function lastPart(name) { return name.slice(name.lastIndexOf("/") + 1) || name; }

// What all of `names` that have a part before `/` share up to it, with the `/`; empty where they differ or only one has any.
function sharedPart(names) {
  const parts = names.filter((name) => name.includes("/")).map((name) => name.slice(0, name.lastIndexOf("/") + 1));
  return parts.length > 1 && parts.every((part) => part === parts[0]) ? parts[0] : "";
}

// A text for canvas: braces and bars would be read as marks of rich text, so they become their wide twins.
function plain(text) { return String(text).replace(/\{/g, "\uFF5B").replace(/\}/g, "\uFF5D").replace(/\|/g, "\uFF5C"); }

// An element with text and attributes; nothing of the page is ever set as markup.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// The distance of round ticks, at most `most` of them up to `max`: 1, 2 or 5 times ten, of bytes within their binary unit.
function interval(max, most, unit) {
  let base = 1;
  if (unit === "bytes") while (max / base >= 1024) base *= 1024;
  const rough = Math.max(max / base / most, unit === "bytes" && base > 1 ? 0 : 1), ten = 10 ** Math.floor(Math.log10(rough || 1));
  const found = [1, 2, 5, 10].find((step) => step * ten >= rough) * ten;
  return found * base;
}

// The width of a text on canvas. Unit: pixels.
const RULER = document.createElement("canvas").getContext("2d");
function widthOf(text, size) {
  RULER.font = `${size}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Verdana, sans-serif`;
  return RULER.measureText(text).width;
}
