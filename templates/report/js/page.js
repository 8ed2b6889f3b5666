// Ties the page together: reads the cube and the address, shows the bar, and redraws what a filter changes.

// How long one turn of redrawing lasts before the page may react again. Unit: ms.
const TURN = 60;

function start() {
  for (const box of document.querySelectorAll(".scroll")) TableTools(box);
  const boxes = new ResizeObserver((entries) => {
    for (const { target } of entries) edge(target);
  });
  for (const box of document.querySelectorAll(".scroll, .chart, nav.toc ul")) { boxes.observe(box); box.addEventListener("scroll", () => edge(box), { passive: true }); }
  // Findings cannot be unfolded on paper.
  const print = [() => { for (const one of document.querySelectorAll("details.finding")) one.open = true; }];
  window.addEventListener("beforeprint", () => print.forEach((act) => act()));
  const cube = typeof echarts === "undefined" ? null : readCube();
  if (cube) live(cube, print, (box) => boxes.observe(box));
  else { window.addEventListener("hashchange", () => reveal(anchorOf(location.hash))); reveal(anchorOf(location.hash)); }
}

// Tells the style whether `box` goes on beyond its edge, and whether one has seen its end.
function edge(box) {
  box.classList.toggle("wide", box.scrollWidth > box.clientWidth + 1);
  box.classList.toggle("ended", box.scrollLeft + box.clientWidth >= box.scrollWidth - 2);
}

// A link must not lead to something folded.
function reveal(id) {
  const target = id && document.getElementById(id);
  if (!target) return null;
  const folded = target.closest("details");
  if (folded) folded.open = true;
  return target;
}

function live(cube, print, watch) {
  const whole = select(cube, {});
  const timings = { apply: 0, settled: 0 }, first = parse(cube, location.hash);
  let place = first.at, waiting = [], turn = 0, began = 0;
  const act = {
    cube, whole, watch, total: total(whole), state: first.state, view: whole, previous: readJson("previous"), anomalies: readJson("anomalies"),
    set(key, value) { const next = { ...act.state }; if (value === undefined) delete next[key]; else next[key] = value; go(next); },
    toggle(values) { go(toggled(act.state, values)); },
    time(from, to) { const next = { ...act.state }; delete next.from; delete next.to; if (from !== undefined) Object.assign(next, { from, to }); go(next); },
    unit(unit) { go({ ...act.state, unit }); },
    reset() { go(act.state.unit ? { unit: act.state.unit } : {}); },
    window() { return span(cube.start + act.view.first * cube.step, cube.start + act.view.last * cube.step); },
    said() { return FILTERS.filter((one) => act.state[one.key] !== undefined).map((one) => `${one.name.toLowerCase()} ${shortValue(one)}`).join(", "); },
  };
  function shortValue(one) { return shorten(shownValue(one, act.state[one.key]), 60); }

  const show = FilterBar(cube, act), printed = make("p", { class: "paper-filter" });
  document.querySelector("main").prepend(printed);
  const charts = [], tables = [];
  for (const entry of LIVE) {
    const section = document.getElementById(entry.id);
    if (section && section.querySelector(".chart")) charts.push(LiveChart(entry, section, act));
  }
  for (const entry of CUBE_TABLES) {
    for (const box of document.querySelectorAll(`.scroll[data-file="${entry.file}"]`)) tables.push(LiveTable(entry, box, act));
  }
  badges(new Set(charts.map((chart) => chart.entry.id)));
  const tiles = Tiles(act);
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) charts.find((chart) => chart.box === target).near(isIntersecting);
  }, { rootMargin: "500px 0px" });
  const sizes = new ResizeObserver((entries) => { for (const { target } of entries) resized(charts.find((chart) => chart.box === target), target); });
  const widths = new Map();
  function resized(chart, box) {
    if (widths.get(box) === box.clientWidth) return;
    const isFirst = !widths.has(box);
    widths.set(box, box.clientWidth);
    if (!isFirst) chart.resize();
  }
  for (const chart of charts) { near.observe(chart.box); sizes.observe(chart.box); }
  DARK.addEventListener("change", () => refresh());

  // Puts `state` into the address and shows it; values that do not exist are told and left out.
  function go(state) {
    const checked = parse(cube, fragmentOf(state, place));
    const fragment = fragmentOf(checked.state, place);
    try { history.pushState(null, "", fragment || location.pathname + location.search); } catch { location.hash = fragment; }
    apply(checked);
  }
  function apply(next) {
    began = performance.now();
    act.state = next.state;
    act.view = isActive(next.state) ? select(cube, next.state) : whole;
    document.documentElement.classList.toggle("filtered", act.view.isFiltered);
    show(act.state, act.view, next.unknown);
    tiles();
    refresh();
    timings.apply = performance.now() - began;
    printed.textContent = act.view.isFiltered ? `Filtered: ${act.said()}.` : "";
  }
  // Redraws what is nearest first; what does not fit into one turn follows, so that the page never stalls.
  function refresh() {
    const nearest = charts.map((chart) => [chart.top(), chart]).sort((a, b) => a[0] - b[0]).map(([, chart]) => chart);
    waiting = [...nearest, ...tables];
    drain();
  }
  function drain() {
    const before = performance.now();
    clearTimeout(turn);
    while (waiting.length > 0 && performance.now() - before < TURN) waiting.shift().refresh();
    if (waiting.length > 0) turn = setTimeout(drain, 0);
    else timings.settled = performance.now() - began;
  }
  print.push(() => charts.forEach((chart) => chart.toPaper()));

  // In-page links keep the filters.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^=\"#\"]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    place = anchorOf(link.getAttribute("href"));
    const fragment = fragmentOf(act.state, place);
    if (!fragment.startsWith("#?")) return;
    event.preventDefault();
    history.pushState(null, "", fragment);
    const target = reveal(place);
    if (target) { target.scrollIntoView(); if (target.matches("main")) focusMain(target); }
  });
  function focusMain(main) { main.tabIndex = -1; main.focus({ preventScroll: true }); }
  window.addEventListener("popstate", () => {
    const next = parse(cube, location.hash);
    place = next.at;
    apply(next);
    const target = reveal(place);
    if (target && location.hash.startsWith("#?")) target.scrollIntoView();
  });
  apply(first);
  const target = reveal(place);
  if (target && location.hash.startsWith("#?")) requestAnimationFrame(() => target.scrollIntoView());
  window.azflow = { ready: true, timings, apply: (state) => { go(state); return timings.apply; }, get state() { return act.state; }, get total() { return total(act.view); }, get isSettled() { return waiting.length === 0; } };
}

// The headline numbers that the cube knows; the others say that no filter acts on them.
function Tiles(act) {
  const tiles = [
    ["Bytes", (kept) => [act.view.allowed ? bytes(kept.bytes) : "–", `${share(kept.bytes, act.total.bytes)} of ${bytes(act.total.bytes)}`]],
    ["Flows", (kept) => [count(kept.flows), `${share(kept.flows, act.total.flows)} of ${count(act.total.flows)}; ${count(kept.inbound)} inbound`]],
    ["Denied", (kept) => [kept.flows === 0 ? "–" : share(kept.denied, kept.flows), counted(kept.denied, "flow")]],
  ];
  const found = tiles.map(([name, say]) => {
    const tile = tileOf(name);
    if (!tile) return null;
    const value = tile.querySelector(".value"), more = tile.querySelector(".more");
    return { say, value, more, before: [value.textContent, Array.from(more.childNodes)] };
  }).filter(Boolean);
  return () => {
    const kept = act.view.isFiltered ? total(act.view) : null;
    for (const tile of found) {
      if (kept) { const [value, more] = tile.say(kept); tile.value.textContent = value; tile.more.textContent = more; }
      else { tile.value.textContent = tile.before[0]; tile.more.replaceChildren(...tile.before[1]); }
    }
  };
}

// The tile of a name; badges come after it.
function tileOf(name) {
  return Array.from(document.querySelectorAll(".tile")).find((tile) => tile.querySelector(".name").firstChild.textContent.trim() === name);
}

// What no filter acts on says so while one is active.
function badges(live) {
  const badge = () => make("span", { class: "still" }, "not filtered");
  const counted = ["Bytes", "Flows", "Denied"].map(tileOf);
  for (const tile of document.querySelectorAll(".tile")) if (!counted.includes(tile)) tile.append(badge());
  for (const section of document.querySelectorAll("section.card")) {
    if (live.has(section.id) || section.matches(".prose, .absent")) continue;
    const topic = section.querySelector(".topic") || section.querySelector("h3.title");
    if (topic) topic.append(" ", badge());
  }
}

start();
document.documentElement.dataset.ready = "1";
