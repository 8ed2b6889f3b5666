// The live charts: each takes the place of a drawn one, says a conclusion of what is filtered, and sets filters when it is clicked.
// The drawn chart stays for paper and for readers without scripts.

// The inks of the page in both themes: those of Okabe and Ito, which people with colour vision deficiency tell apart.
const INKS = {
  light: { text: "#1b2733", muted: "#556473", line: "#dfe5eb", soft: "#edf0f3", card: "#ffffff", blue: "#0072b2", sky: "#56b4e9",
    vermillion: "#d55e00", green: "#009e73", purple: "#cc79a7", grey: "#9aa5b1", ramp: ["#e6f0f8", "#9ecae9", "#3c8fc7", "#00588a"], onLight: "#1b2733", onDark: "#ffffff" },
  dark: { text: "#e4eaf0", muted: "#9fadba", line: "#2c3742", soft: "#222b35", card: "#171e26", blue: "#2a92d3", sky: "#8cc9f0",
    vermillion: "#ee7a24", green: "#2fbf93", purple: "#df9cc2", grey: "#7f8b97", ramp: ["#1c3245", "#1d4c70", "#22659a", "#2a7fbf"], onLight: "#e4eaf0", onDark: "#ffffff" },
};
const FONT = "system-ui, -apple-system, \"Segoe UI\", Roboto, \"DejaVu Sans\", Verdana, sans-serif";
// Below this width a chart has its compact form. Unit: pixels.
const COMPACT_BELOW = 620;
// The width of a chart on paper. Unit: pixels.
const PAPER_WIDTH = 960;
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const DEDUPLICATED = ["deduplicated", "Traffic that several capture points saw counts once."];
const OBSERVED = ["as each capture point logged it", "A flow between two logged interfaces is in both their logs."];

// The live charts, by the section they stand in. `unit` is what a chart draws unless one is chosen.
const LIVE = [
  { id: "traffic_over_time", build: timeChart, what: "Traffic along time" },
  { id: "top_addresses", build: barChart, subject: "address", noun: "address", filter: "address", what: "Top addresses", bothEnds: true },
  { id: "top_subnets", build: barChart, subject: "subnet", noun: "subnet", filter: "subnet", what: "Subnets", bothEnds: true },
  { id: "top_interfaces", build: barChart, subject: "interface", noun: "interface", filter: "interface", what: "Interfaces", bothEnds: true, hidesNameless: true, observed: "traffic_by_interface" },
  { id: "subnet_matrix", build: matrixChart, what: "Subnet to subnet, by who began the flow" },
  { id: "conversations_internal", build: barChart, subject: "conversation", noun: "conversation", what: "Conversations inside", reach: "internal" },
  { id: "conversations_external", build: barChart, subject: "conversation", noun: "conversation", what: "Conversations with public addresses", reach: "external" },
  { id: "flows_sankey", build: sankeyChart, what: "From where, to where, on which port" },
  { id: "world", build: worldChart, what: "Countries at the far end" },
  { id: "countries", build: barChart, subject: "country", noun: "country", filter: "country", what: "Countries at the far end", hidesNameless: true },
  { id: "top_ports", build: barChart, subject: "port", noun: "port", filter: "port", what: "Destination ports", unit: "flows" },
  { id: "flow_types", build: barChart, subject: "type", noun: "flow type", filter: "type", what: "Flow types" },
];

// One live chart in its section.
function LiveChart(entry, section, act) {
  const drawn = section.querySelector(".chart"), title = section.querySelector("h3.title"), saidTitle = title.textContent;
  const how = make("p", { class: "how" });
  const box = make("div", { class: "live", role: "img" });
  const notes = make("p", { class: "source live-notes" });
  const units = make("div", { class: "units", role: "group", "aria-label": "Unit of this chart" },
    ...["bytes", "flows"].map((unit) => {
      const button = make("button", { type: "button", "data-unit": unit }, unit);
      button.addEventListener("click", () => act.unit(unit));
      return button;
    }));
  drawn.before(make("div", { class: "live-head" }, how, units), box, notes);
  section.classList.add("is-live");
  let chart = null, model = null, isNear = false, isStale = true;

  function context(ink, width) {
    return { entry, ink, unit: unitOf(entry, act), width, isCompact: width < COMPACT_BELOW, whole: act.whole, state: act.state, section, act };
  }
  // What is said beside the picture.
  function say() {
    const { isFiltered } = act.view, unit = unitOf(entry, act);
    title.textContent = isFiltered ? model.title : saidTitle;
    const [counted, why] = model.counted || DEDUPLICATED, hasTime = act.state.from !== undefined || act.state.to !== undefined;
    how.replaceChildren(`${model.what || entry.what}, ${unit}${hasTime ? ` · ${act.window()}` : ""} · `, make("span", { title: why }, counted));
    notes.textContent = model.notes.join(" ");
    for (const button of units.children) button.setAttribute("aria-pressed", String(button.dataset.unit === unit));
    box.setAttribute("aria-label", `${title.textContent}. ${model.summary}`);
    box.classList.toggle("empty-live", !model.option);
  }
  function draw() {
    isStale = box.clientWidth === 0;
    if (isStale) return;
    const ink = DARK.matches ? INKS.dark : INKS.light;
    model = entry.build(act.view, context(ink, box.clientWidth));
    say();
    if (!model.option) {
      if (chart) { chart.dispose(); chart = null; }
      box.style.height = "auto";
      box.textContent = "";
      return;
    }
    box.style.height = `${model.height}px`;
    if (!chart) {
      box.textContent = "";
      chart = echarts.init(box, null, { renderer: "canvas" });
      chart.on("click", (event) => { const values = model.pick && model.pick(event); if (values) act.toggle(values); });
      if (entry.build === timeChart) listenToBrush(chart, act);
    } else if (chart.getHeight() !== model.height || chart.getWidth() !== box.clientWidth) chart.resize();
    chart.setOption({ ...base(ink), ...model.option, animation: !STILL.matches, animationDuration: 250, animationDurationUpdate: 250 }, true);
    // The box says in words what the canvas shows.
    for (const canvas of box.querySelectorAll("canvas")) canvas.setAttribute("aria-hidden", "true");
    if (model.after) model.after(chart);
  }

  return {
    box, entry,
    // Draws if it is near what is seen; else only says the conclusion, and is drawn when it comes near.
    refresh() {
      if (isNear) { draw(); return; }
      isStale = true;
      model = entry.build(act.view, context(INKS.light, section.clientWidth));
      say();
    },
    near(isIt) { isNear = isIt; if (isNear && isStale) draw(); },
    resize() { if (chart && !isStale) draw(); },
    top() { return Math.abs(section.getBoundingClientRect().top); },
    // A picture of what is filtered, for paper, whatever the screen is like.
    toPaper() {
      for (const old of section.querySelectorAll(".paper")) old.remove();
      section.classList.toggle("on-paper", act.view.isFiltered);
      if (!act.view.isFiltered) return;
      const { option, height } = entry.build(act.view, context(INKS.light, PAPER_WIDTH));
      if (!option) return;
      const canvas = echarts.init(document.createElement("div"), null, { renderer: "canvas", width: PAPER_WIDTH, height });
      canvas.setOption({ ...base(INKS.light), ...option, animation: false });
      const src = canvas.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#ffffff" });
      box.after(make("img", { class: "paper", alt: box.getAttribute("aria-label"), src }));
      canvas.dispose();
    },
  };
}

// Bytes where any are counted, unless a unit was chosen or the chart has its own.
function unitOf(entry, act) {
  if (!act.view.allowed || act.total.bytes === 0) return "flows";
  return act.state.unit || entry.unit || "bytes";
}

// What every chart has: the page's font and inks, and tips that are drawn on the canvas, as text.
function base(ink) {
  return {
    textStyle: { fontFamily: FONT, color: ink.text, fontSize: 13 }, useUTC: true, aria: { enabled: false },
    tooltip: tip(ink, {}),
  };
}
function tip(ink, more) {
  return { renderMode: "richText", confine: true, backgroundColor: ink.card, borderColor: ink.muted, borderWidth: 1, padding: [8, 11], transitionDuration: 0,
    textStyle: { color: ink.text, fontFamily: FONT, fontSize: 13, lineHeight: 19 }, ...more };
}
function axisText(ink) { return { color: ink.muted, fontSize: 12, fontFamily: FONT }; }
// How high a legend is, whose names wrap. Unit: pixels.
function legendHeight(names, width) {
  let lines = 1, used = 0;
  for (const name of names) {
    const needed = widthOf(name, 12.5) + 33;
    if (used > 0 && used + needed > width) { lines += 1; used = 0; }
    used += needed;
  }
  return 14 + 24 * lines;
}
function legend(ink, data) {
  return { data, left: 0, top: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, icon: "rect", selectedMode: false, textStyle: { color: ink.muted, fontSize: 12.5, fontFamily: FONT } };
}

// `1.2 GiB · 3,400 packets · 210 flows, 12 denied`; what is drawn comes first.
function noteOf(row, unit) {
  const isUnknown = row.bytes === 0 && row.packets === 0 && row.unmeasured > 0;
  const volume = isUnknown ? "bytes not measured" : `${bytes(row.bytes)} · ${counted(row.packets, "packet")}`;
  const denied = row.denied === 0 ? "" : row.denied === row.flows ? ", all denied" : `, ${count(row.denied)} denied`;
  const flows = `${counted(row.flows, "flow")}${denied}`;
  // What is denied carries nothing; that need not be said of every bar.
  if (row.bytes === 0 && row.packets === 0 && !isUnknown && row.denied === row.flows) return flows;
  return unit === "bytes" ? `${volume} · ${flows}` : `${flows} · ${volume}`;
}

function isEmptyRow(row) { return row.bytes === 0 && row.flows === 0 && row.packets === 0; }
const NO_TRAFFIC = "No traffic under these filters";
function emptyModel() { return { option: null, title: NO_TRAFFIC, summary: "", notes: [] }; }

// What a sum lacks and what the cube folded, where it concerns the chart.
function commonNotes(view, kinds) {
  const notes = [];
  for (const [kind, shown, of] of view.cube.cuts) {
    if (kinds.includes(kind)) notes.push(`${count(shown)} of ${count(of)} ${kind} are kept by themselves, the rest is in other.`);
  }
  const unmeasured = total(view).unmeasured;
  if (unmeasured > 0) notes.push(`${counted(unmeasured, "tuple")} without counters: their bytes are unknown, not zero.`);
  return notes;
}
