"use strict";
// What tests ask of any page of azflow. Each check returns the offenders as texts, so that a failure names all of them.
window.checks = (() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => {
    const within = element.closest("[id]");
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
    return `${within && within !== element ? `#${within.id} ` : ""}${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""} "${text}"`;
  };

  const ids = () => {
    const seen = new Set();
    return all("[id]").map((element) => element.id).filter((id) => seen.has(id) || !seen.add(id));
  };

  const links = () => all("a").filter((link) => {
    const target = link.getAttribute("href") ?? "";
    return !target.startsWith("#") || !document.getElementById(decodeURIComponent(target.slice(1)));
  }).map((link) => `${link.getAttribute("href")} ${name(link)}`);

  const headings = () => {
    const found = all("h1, h2, h3, h4, h5, h6");
    const wrong = found.filter((heading, at) => {
      const before = at ? Number(found[at - 1].tagName[1]) : 0;
      return Number(heading.tagName[1]) > before + 1 || !heading.textContent.trim();
    }).map(name);
    return all("h1").length === 1 ? wrong : [`${all("h1").length} h1`, ...wrong];
  };

  // What sticks out to the right, if the document scrolls sideways; its boxes that scroll by themselves may hold wider things.
  const sideways = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const out = all("body *").filter((element) => element.getBoundingClientRect().right > root.clientWidth + 0.5);
    return [`${root.scrollWidth} > ${root.clientWidth}`, ...out.slice(0, 10).map(name)];
  };

  // Labels of a chart that its frame cuts. What lies wholly above or below it is left out on purpose: the page says it itself.
  const cut = () => all(".chart svg").flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    return Array.from(svg.querySelectorAll("text")).filter((text) => {
      const box = text.getBoundingClientRect();
      if (frame.width === 0 || box.width === 0 || box.bottom <= frame.top || box.top >= frame.bottom) return false;
      return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    }).map(name);
  });

  const inks = new Map();
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  // A computed colour as red, green, blue (0 to 255) and alpha (0 to 1), whatever its notation.
  const ink = (colour) => {
    if (!inks.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
      inks.set(colour, [red, green, blue, alpha / 255]);
    }
    return inks.get(colour);
  };
  const over = (top, alpha, below) => below.map((value, at) => top[at] * alpha + value * (1 - alpha));
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => value / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  // What lies behind an element of HTML: the backgrounds of it and of what holds it, from the page up.
  const paper = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(ink(getComputedStyle(at).backgroundColor));
    const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reduce((below, layer) => over(layer, layer[3], below), canvas);
  };
  // The filled shapes of a chart, in the order in which they are drawn.
  const shapes = (svg) => Array.from(svg.querySelectorAll("rect, path, polygon, circle")).map((shape) => {
    const { fill, opacity, fillOpacity } = getComputedStyle(shape);
    return { shape, fill: ink(fill), alpha: ink(fill)[3] * Number(opacity) * Number(fillOpacity), box: shape.getBoundingClientRect(), isFilled: fill !== "none" };
  }).filter((one) => one.isFilled);
  // What lies behind a point of a chart: the shapes before `text` that cover it, over the paper.
  const beneath = (drawn, text, below, x, y) => drawn.reduce((colour, { shape, fill, alpha, box }) => {
    const isAt = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    if (!isAt || !(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) return colour;
    const point = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
    return shape.isPointInFill(point) ? over(fill, alpha, colour) : colour;
  }, below);
  const least = 4.5;
  const contrast = () => {
    const wrong = new Set();
    const drawn = new Map(all("svg").map((svg) => [svg, { shapes: shapes(svg), below: paper(svg.parentElement) }]));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (seen.has(element) || !walker.currentNode.data.trim() || ["SCRIPT", "STYLE", "title", "desc"].includes(element.tagName)) continue;
      seen.add(element);
      const box = element.getBoundingClientRect();
      const svg = element.closest("svg");
      const frame = svg && svg.getBoundingClientRect();
      if (!isShown(element) || box.width === 0 || box.right <= 0 || (frame && box.bottom <= frame.top)) continue;
      const style = getComputedStyle(element);
      const front = ink(svg ? style.fill : style.color);
      const alpha = front[3] * Number(style.opacity) * (svg ? Number(style.fillOpacity) : 1);
      const middle = box.top + box.height / 2;
      const backs = svg
        ? [box.left + 2, box.left + box.width / 2, box.right - 2].map((x) => beneath(drawn.get(svg).shapes, element, drawn.get(svg).below, x, middle))
        : [paper(element)];
      const worst = Math.min(...backs.map((back) => ratio(over(front, alpha, back), back)));
      if (worst < least) wrong.add(`${worst.toFixed(2)} ${name(element)}`);
    }
    return Array.from(wrong);
  };

  // Every stop of the Tab key is written down, with whether it can be seen that it has the focus.
  const stops = new Set();
  const unseen = [];
  const watchFocus = () => document.addEventListener("focusin", (event) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(event.target);
    stops.add(event.target);
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) unseen.push(name(event.target));
  });
  const focusable = () => all("a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])")
    .filter((element) => !element.disabled && isShown(element));
  const unreached = () => focusable().filter((element) => !stops.has(element)).map(name);
  const unseenFocus = () => unseen;

  // Charts that a sheet of paper would cut, `height` being that of a sheet.
  const cutByPaper = (height) => all(".chart").filter((chart) => {
    const box = chart.getBoundingClientRect();
    return getComputedStyle(chart).breakInside !== "avoid" || box.height > height;
  }).map((chart) => `${chart.getBoundingClientRect().height} ${name(chart)}`);

  return { ids, links, headings, sideways, cut, contrast, watchFocus, focusable, unreached, unseenFocus, cutByPaper };
})();
