// The bar of filters: what is active, how much of the whole it keeps, and a panel in which to choose.

// From this many values a filter is a field that completes, not a list.
const LIST_MAX = 40;
// Most values that a field proposes; any other that exists can be typed.
const PROPOSED_MAX = 500;

function FilterBar(cube, act) {
  const bar = document.getElementById("filters");
  const toggle = make("button", { type: "button", class: "filter-toggle", "aria-expanded": "false", "aria-controls": "filter-panel" }, "Filters");
  const chips = make("ul", { class: "chips", "aria-label": "Active filters" });
  const said = make("p", { class: "said-status", role: "status", "aria-live": "polite" });
  const reset = make("button", { type: "button", class: "quiet", hidden: true }, "Reset");
  const link = make("button", { type: "button", class: "quiet" }, "Copy link");
  const panel = make("div", { id: "filter-panel", class: "filter-panel", role: "group", "aria-label": "Choose filters", hidden: true });
  const wrap = make("div", { class: "wrap filter-row" }, toggle, chips, said, make("span", { class: "filter-acts" }, reset, link));
  const controls = new Map();
  bar.append(wrap, panel);
  const grid = make("div", { class: "wrap filter-grid" });
  for (const filter of FILTERS) if (!filter.isHidden) grid.append(control(filter));
  panel.append(grid, make("p", { class: "wrap filter-hint" }, hintOf(cube)));
  bar.hidden = false;

  function control(filter) {
    const id = `filter-${filter.key}`;
    const input = filter.isTime ? moment(filter, id) : choice(filter, id);
    controls.set(filter.key, input);
    input.addEventListener("change", () => act.set(filter.key, valueOf(filter, input)));
    const label = filter.isTime ? `${filter.name} (UTC)` : filter.name;
    return make("div", { class: "filter-control" }, make("label", { for: id }, label), input);
  }
  function moment(filter, id) {
    const text = (ms) => new Date(ms).toISOString().slice(0, 16);
    return make("input", { id, name: id, type: "datetime-local", step: cube.step / 1000, min: text(cube.start), max: text(cube.end) });
  }
  function choice(filter, id) {
    const values = valuesOf(cube, filter), most = byTraffic(filter, values);
    if (values.length > LIST_MAX) {
      const list = make("datalist", { id: `${id}-values` }, ...most.slice(0, PROPOSED_MAX).map((value) => make("option", { value })));
      panel.append(list);
      return make("input", { id, name: id, type: "text", list: list.id, placeholder: `any of ${count(values.length)}`, autocomplete: "off", spellcheck: "false" });
    }
    const options = most.map((value) => make("option", { value }, shorten(shownValue(filter, value), 48)));
    return make("select", { id, name: id, disabled: values.length === 0 }, make("option", { value: "" }, values.length === 0 ? "none known" : "all"), ...options);
  }
  function byTraffic(filter, values) {
    if (!filter.subject) return values;
    const unit = total(act.whole).bytes > 0 && filter.key !== "port" ? "bytes" : "flows";
    const order = new Map(ranked(sumBy(act.whole, filter.subject), cube.by[filter.subject].names, unit).rows.map((row, n) => [row.name || NAMELESS, n]));
    return values.slice().sort((a, b) => (order.get(a) ?? 1e9) - (order.get(b) ?? 1e9));
  }
  function valueOf(filter, input) {
    if (input.value === "") return undefined;
    return filter.isTime ? Date.parse(`${input.value}Z`) : input.value.trim();
  }
  function open(isOpen) {
    panel.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) controls.values().next().value.focus({ preventScroll: true });
  }
  toggle.addEventListener("click", () => open(panel.hidden));
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) { open(false); toggle.focus(); }
  });
  document.addEventListener("click", (event) => { if (!panel.hidden && !bar.contains(event.target)) open(false); });
  reset.addEventListener("click", () => { act.reset(); toggle.focus(); });
  link.addEventListener("click", () => copyText(location.href, link, "Link copied"));

  // Shows `state`: its chips, its values in the controls, and the share it keeps.
  return function show(state, view, unknown) {
    const active = FILTERS.filter((filter) => state[filter.key] !== undefined);
    toggle.textContent = active.length > 0 ? `Filters (${active.length})` : "Filters";
    chips.replaceChildren(...active.map((filter) => {
      const value = shorten(shownValue(filter, state[filter.key]), 40);
      const chip = make("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${filter.name} ${value}` },
        make("span", { class: "chip-name" }, `${filter.name} `), value, make("span", { class: "chip-x", "aria-hidden": "true" }, "×"));
      chip.addEventListener("click", () => act.set(filter.key, undefined));
      return make("li", {}, chip);
    }));
    for (const filter of FILTERS) {
      const input = controls.get(filter.key), value = state[filter.key];
      if (input) input.value = value === undefined ? "" : filter.isTime ? new Date(value).toISOString().slice(0, 16) : value;
    }
    reset.hidden = active.length === 0;
    said.textContent = sentence(active, view, act.total);
    if (unknown.length > 0) said.append(make("span", { class: "unknown" }, ` Not in these logs, so ignored: ${unknown.join(", ")}.`));
  };
}

// `Filtered: 12 % of bytes, 3,400 of 40,000 flows`.
function sentence(active, view, whole) {
  if (active.length === 0) return "Nothing filtered. Click a bar, a cell or a country, or drag over the time chart.";
  const kept = total(view);
  const ofBytes = whole.bytes > 0 && view.allowed ? `${share(kept.bytes, whole.bytes)} of bytes, ` : "";
  return `Filtered: ${ofBytes}${count(kept.flows)} of ${counted(whole.flows, "flow")}`;
}

// What the cube folded, said where one chooses.
function hintOf(cube) {
  const cuts = cube.cuts.map(([kind, shown, of]) => kind === "steps"
    ? `time in steps of ${length(cube.step)}` : `${count(shown)} of ${count(of)} ${kind}, the rest in other`);
  const folded = cuts.length > 0 ? ` Kept by themselves: ${cuts.join("; ")}.` : "";
  return `Filters combine: a flow must match all of them. Subnet, interface and address match either end. Time counts whole steps of ${length(cube.step)}.${folded}`;
}

// Copies `text`; a page opened from disk may have no clipboard, so a selection is the second way.
function copyText(text, button, done) {
  const before = button.dataset.label || button.textContent;
  button.dataset.label = before;
  const say = (words) => { button.textContent = words; setTimeout(() => { button.textContent = before; }, 1600); };
  const fallback = () => {
    const area = make("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    button.focus();
    say(isDone ? done : "Cannot copy");
  };
  if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(() => say(done), fallback);
  else fallback();
}
