// Traffic along time: received upwards, sent downwards, denied flows on a strip of their own below; dragging chooses a time.
// A step without data is a grey band, not a line at zero.

function timeChart(view, context) {
  const { unit, ink, isCompact } = context, { cube } = view;
  const sums = sumByStep(view, true), chosen = view.first > 0 || view.last < cube.steps;
  const up = (k) => unit === "bytes" ? sums.received[k] : sums.inbound[k];
  const down = (k) => unit === "bytes" ? sums.sent[k] : sums.allowed[k] + sums.denied[k] - sums.inbound[k];
  const names = unit === "bytes" ? ["received by local addresses ↑", "sent ↓"] : ["inbound flows ↑", "outbound flows ↓"];
  const whole = total(view);
  if (isEmptyRow(whole) && isEmptyRow(total({ ...view, mask: view.wide }))) return emptyModel();
  const previous = context.act.previous && !view.isFiltered && unit === "bytes" ? bySteps(context.act.previous, cube) : null;
  const series = [
    area(names[0], line(cube, up), ink.blue), area(names[1], line(cube, (k) => -down(k)), ink.sky),
    { ...area("denied flows", line(cube, (k) => sums.denied[k]), ink.vermillion), xAxisIndex: 1, yAxisIndex: 1 },
  ];
  const labels = [...names, "denied flows"];
  if (previous) {
    const dashed = (name, values, sign) => ({ name, type: "line", step: "end", symbol: "none", silent: true, z: 5,
      lineStyle: { color: ink.text, type: "dashed", width: 1.3 }, itemStyle: { color: ink.text }, data: values.map((value, k) => [previous.start + k * previous.step, value === null ? null : sign * value]) });
    series.push(dashed("period before", previous.received, 1), dashed("period before", previous.sent, -1));
    labels.push("period before");
  }
  series[0].markArea = { silent: true, itemStyle: { color: ink.soft }, data: gaps(cube) };
  series[2].markArea = series[0].markArea;
  const marks = (context.act.anomalies || []).filter(([ms]) => ms >= cube.start && ms <= cube.end);
  if (marks.length > 0) series.push(anomalies(marks, ink));
  if (marks.length > 0) labels.push("anomalies");
    return {
    title: timeTitle(view, sums, unit, whole), what: `Traffic per ${length(cube.step)}`,
    notes: [...joined(cube), ...(cube.logged.includes(0) ? ["Grey: nothing was logged."] : []), ...(context.isCompact ? [] : ["Drag over the chart to choose a time."]), ...(marks.length > 0 ? ["Triangles: anomalies; a click leads to the finding."] : []), ...commonNotes(view, [])],
    summary: `${amount(whole[unit], unit)} in ${length((view.last - view.first) * cube.step)}, ${counted(whole.denied, "denied flow")}.`,
    height: isCompact ? 302 + legendHeight(labels, context.width) : 400,
    option: timeOption(cube, { ink, isCompact, width: context.width, unit, labels, series, marks, ...heights(cube, up, down, sums, previous) }),
    pick: (event) => { if (event.seriesName === "anomalies") follow(marks[event.dataIndex]); return null; },
    after: (chart) => brushOn(chart, cube, chosen ? [cube.start + view.first * cube.step, cube.start + view.last * cube.step] : null),
  };
}

// The period before in the steps of the cube, which are multiples of its own; a step of which nothing is known has none.
function bySteps(previous, cube) {
  const received = Array(cube.steps).fill(null), sent = Array(cube.steps).fill(null);
  previous.received.forEach((value, k) => {
    const step = Math.floor((previous.start + k * previous.step - cube.start) / cube.step);
    if (value === null || step < 0 || step >= cube.steps) return;
    received[step] += value;
    sent[step] += previous.sent[k];
  });
  return { start: cube.start, step: cube.step, received, sent };
}

// Said where the cube joined intervals into longer steps.
function joined(cube) {
  const cut = cube.cuts.find(([kind]) => kind === "steps");
  return cut ? [`Steps of ${length(cube.step)} join the ${count(cut[2])} intervals of the window; tables/traffic_over_time.csv has each.`] : [];
}

// How far the halves reach together, and the strip: what their axes are divided by.
function heights(cube, up, down, sums, previous) {
  let above = 0, below = 0, deniedMost = 1;
  for (let k = 0; k < cube.steps; k += 1) {
    above = Math.max(above, up(k)); below = Math.max(below, down(k)); deniedMost = Math.max(deniedMost, sums.denied[k]);
  }
  if (previous) { above = Math.max(above, ...previous.received); below = Math.max(below, ...previous.sent); }
  return { reach: Math.max(above + below, 1), deniedMost };
}

// How much, the busiest step, and the denied share, of what is chosen.
function timeTitle(view, sums, unit, whole) {
  const { cube } = view;
  let most = -1, busiest = 0;
  for (let k = view.first; k < view.last; k += 1) {
    const value = unit === "bytes" ? sums.received[k] + sums.sent[k] : sums.allowed[k] + sums.denied[k];
    if (value > most) { most = value; busiest = k; }
  }
  const peak = view.last - view.first > 1 && most > 0 ? `, ${share(most, whole[unit])} in the ${length(cube.step)} from ${minute(cube.start + busiest * cube.step)} UTC` : "";
  return isEmptyRow(whole) ? NO_TRAFFIC : `${amount(whole[unit], unit)}${peak}; ${share(whole.denied, whole.flows)} of flows denied`;
}

// Points of a stepped line: each value holds until the next step; a gap has none.
function line(cube, value) {
  const points = [];
  for (let k = 0; k < cube.steps; k += 1) {
    const time = cube.start + k * cube.step;
    if (!cube.logged[k]) continue;
    points.push([time, value(k)]);
    if (k + 1 === cube.steps || !cube.logged[k + 1]) points.push([time + cube.step, value(k)], [time + cube.step, null]);
  }
  return points;
}

function gaps(cube) {
  const bands = [];
  for (let k = 0; k < cube.steps; k += 1) {
    if (cube.logged[k]) continue;
    const from = k;
    while (k + 1 < cube.steps && !cube.logged[k + 1]) k += 1;
    bands.push([{ xAxis: cube.start + from * cube.step }, { xAxis: cube.start + (k + 1) * cube.step }]);
  }
  return bands;
}

function area(name, data, colour) {
  return { name, type: "line", step: "end", symbol: "none", lineStyle: { width: 1, color: colour }, itemStyle: { color: colour }, areaStyle: { color: colour, opacity: 0.85 }, data };
}

function anomalies(marks, ink) {
  return { name: "anomalies", type: "scatter", symbol: "triangle", symbolSize: 11, symbolRotate: 180, z: 8, cursor: "pointer", itemStyle: { color: ink.purple, borderColor: ink.card, borderWidth: 1 },
    data: marks.map(([ms]) => [ms, 1]), yAxisIndex: 2,
    markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: ink.purple, type: "solid", width: 1, opacity: 0.7 }, data: marks.map(([ms]) => ({ xAxis: ms })) } };
}

function follow(mark) {
  const target = document.getElementById(`finding-${mark[2]}`);
  if (!target) return;
  target.open = true;
  target.scrollIntoView();
}

function timeOption(cube, { ink, isCompact, width, unit, labels, series, marks, reach, deniedMost }) {
  const left = isCompact ? 56 : 74, top = isCompact ? legendHeight(labels, width) : 34, height = isCompact ? 170 : 228;
  const x = (gridIndex, isShown) => ({
    type: "time", gridIndex, min: cube.start, max: cube.end, axisLine: { lineStyle: { color: ink.muted }, onZero: false }, axisTick: { show: isShown, lineStyle: { color: ink.muted } },
    splitLine: { show: false }, splitNumber: isCompact ? 3 : 8,
    axisLabel: { show: isShown, ...axisText(ink), lineHeight: 16, hideOverlap: true, formatter: (ms) => (ms % DAY === 0 && ms < cube.end ? `${clock(ms)}\n${minute(ms).slice(0, 10)}` : clock(ms)) },
    axisPointer: { label: { show: isShown, formatter: (at) => `${minute(at.value)} UTC`, backgroundColor: ink.muted, color: ink.card } },
  });
  const y = (gridIndex, format, step) => ({
    type: "value", gridIndex, interval: step, min: (range) => Math.min(Math.floor(range.min / step), 0) * step, max: (range) => Math.max(Math.ceil(range.max / step), 1) * step, axisLabel: { ...axisText(ink), formatter: format, hideOverlap: true }, splitLine: { lineStyle: { color: ink.line } },
  });
  return {
    grid: [{ left, right: 24, top, height, outerBoundsMode: "none" }, { left, right: 24, top: top + height + 26, height: 54, outerBoundsMode: "none" }],
    legend: legend(ink, labels),
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: ink.muted } },
    xAxis: [x(0, false), x(1, true)],
    yAxis: [y(0, (value) => tick(Math.abs(value), unit), interval(reach, isCompact ? 4 : 5, unit)), y(1, (value) => tick(value, "flows"), interval(deniedMost, 2, "flows")), { type: "value", gridIndex: 0, min: 0, max: 1, show: false }],
    brush: { xAxisIndex: [0], brushMode: "single", throttleType: "debounce", throttleDelay: 120, removeOnClick: true, transformable: true, outOfBrush: { colorAlpha: 1 },
      brushStyle: { color: "rgba(0, 114, 178, 0.14)", borderColor: ink.blue, borderWidth: 1.5 } },
    series,
    tooltip: tip(ink, { trigger: "axis", axisPointer: { type: "line" }, formatter: (points) => {
      const lines = [], seen = new Set();
      for (const point of points) {
        const value = point.value[1], name = `${point.seriesName}${seen.has(point.seriesName) ? " sent" : ""}`;
        seen.add(point.seriesName);
        if (value === null || point.seriesName === "anomalies") continue;
        lines.push(`${name}: ${amount(Math.abs(value), point.seriesName === "denied flows" ? "flows" : unit)}`);
      }
      const from = points[0].value[0], near = marks.filter(([ms]) => ms >= from && ms < from + cube.step).slice(0, 3);
      lines.push(...near.map(([, title]) => `anomaly: ${shorten(title, 60)}`));
      return plain([`from ${minute(from)} UTC, ${length(cube.step)}`, ...lines].join("\n"));
    } }),
  };
}

// Dragging with a mouse draws a time; a finger scrolls the page instead and has the fields of the panel.
function brushOn(chart, cube, range) {
  if (!window.matchMedia("(pointer: coarse)").matches) {
    chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "lineX", brushMode: "single" } });
  }
  chart.dispatchAction({ type: "brush", areas: range ? [{ brushType: "lineX", coordRange: range, xAxisIndex: 0 }] : [] });
}

function listenToBrush(chart, act) {
  chart.on("brushEnd", (event) => {
    const { cube } = act, drawn = event.areas[0];
    if (!drawn) { if (act.state.from !== undefined || act.state.to !== undefined) act.time(undefined, undefined); return; }
    const [from, to] = drawn.coordRange;
    const first = Math.max(0, Math.floor((from - cube.start) / cube.step)), last = Math.min(cube.steps, Math.ceil((to - cube.start) / cube.step));
    if (last > first) act.time(cube.start + first * cube.step, cube.start + last * cube.step);
  });
}
