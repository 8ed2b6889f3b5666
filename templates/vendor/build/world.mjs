// Writes ../world.json: the shapes of countries as GeoJSON, one feature a line, sorted by code, with `code` (ISO 3166-1
// alpha-2) and `name`. Charts of maps read it, and echarts.registerMap takes it as it is.
import { readFileSync, writeFileSync } from "node:fs";
import countries from "i18n-iso-countries";
import { feature, merge } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

// Natural Earth 1:110m; from 1:50m only what 1:110m leaves out: islands and small states, as coarse outlines.
const read = (scale) => JSON.parse(readFileSync(new URL(`node_modules/world-atlas/countries-${scale}.json`, import.meta.url)));
// Places without a code of ISO 3166-1: one has a code that everybody uses, two count to the country that databases give them.
const KOSOVO = "XK";
const PART_OF = { "N. Cyprus": "CY", Somaliland: "SO", "Siachen Glacier": null, "Indian Ocean Ter.": null };
// No traffic comes from there, and it would take a fifth of the picture.
const LEFT_OUT = new Set(["AQ", "HM", "TF"]);
// Decimals of a degree. One is 11 km at the equator, about a third of a pixel of a map of the world.
const DECIMALS = 1;
const DECIMALS_SMALL = 2;
// Corners of 1:110m whose triangle is smaller go, on both sides of a border alike. Unit: square degrees; on a map of the world a
// pixel has about 0.14 of them.
const TRIANGLE_MIN = 0.1;
// A small country is a dot on any map of the world: its largest island with so many corners.
const SMALL_CORNERS_MAX = 4;
const BYTES_MAX = 120_000;

const code = ({ id, properties: { name } }) => {
  if (name === "Kosovo") return KOSOVO;
  if (name in PART_OF) return PART_OF[name];
  const found = countries.numericToAlpha2(id);
  if (!found) throw new Error(`no code for ${id} ${name}`);
  return found;
};
// Natural Earth abbreviates; ISO's name is whole, but not always what people say.
const SAID = {
  FK: "Falkland Islands", GS: "South Georgia", MK: "North Macedonia", SZ: "Eswatini", US: "United States",
  VG: "British Virgin Islands", VI: "US Virgin Islands",
};
const name = (code, short) => SAID[code] ?? (short.includes(".") ? countries.getName(code, "en") : short);

const round = (decimals) => (value) => Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
const area = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - ring[(i + 1) % ring.length][0] * y, 0)) / 2;

// A ring on the grid of `decimals`, without corners that repeat or lie on a straight line; null where nothing is left.
function rounded(ring, decimals) {
  const points = [];
  for (const point of ring.slice(0, -1).map((point) => point.map(round(decimals)))) {
    const last = points[points.length - 1];
    if (!last || last[0] !== point[0] || last[1] !== point[1]) points.push(point);
  }
  const corners = points.filter(([x, y], i) => {
    const [[ax, ay], [bx, by]] = [points[(i + points.length - 1) % points.length], points[(i + 1) % points.length]];
    return Math.abs((x - ax) * (by - ay) - (bx - ax) * (y - ay)) > 1e-9;
  });
  return corners.length < 3 ? null : [...corners, corners[0]];
}

// The `wanted` corners that matter most: the one with the least triangle goes first (Visvalingam).
function coarse(ring, wanted) {
  const points = ring.slice(0, -1);
  const triangle = (i) => area([points.at(i - 1), points[i], points[(i + 1) % points.length]]);
  while (points.length > wanted) {
    let least = 0;
    for (let i = 1; i < points.length; i++) if (triangle(i) < triangle(least)) least = i;
    points.splice(least, 1);
  }
  return [...points, points[0]];
}

// The part of a ring on one side of the meridian `at` (Sutherland and Hodgman).
function clipped(ring, at, isInside) {
  const points = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[i + 1]];
    if (isInside(ax)) points.push([ax, ay]);
    if (isInside(ax) !== isInside(bx)) points.push([at, ay + ((by - ay) * (at - ax)) / (bx - ax)]);
  }
  return points.length < 3 ? [] : [[...points, points[0]]];
}

// world-atlas joins what Natural Earth cuts at the antimeridian; a map on paper needs the cut.
function cut(rings) {
  let turn = 0;
  const [outer] = rings.map((ring) => ring.map(([x, y], i) => {
    if (i > 0 && Math.abs(x - ring[i - 1][0]) > 180) turn += x < ring[i - 1][0] ? 360 : -360;
    return [x + turn, y];
  }));
  if (turn !== 0) throw new Error("a ring goes around a pole");
  const xs = outer.map(([x]) => x);
  const edge = Math.max(...xs) > 180 ? 180 : Math.min(...xs) < -180 ? -180 : null;
  if (edge === null) return [rings];
  if (rings.length > 1) throw new Error("a ring with holes crosses the antimeridian");
  const shifted = (ring) => [ring.map(([x, y]) => [x - 2 * edge, y])];
  const [near, far] = edge > 0 ? [(x) => x <= edge, (x) => x >= edge] : [(x) => x >= edge, (x) => x <= edge];
  return [...clipped(outer, edge, near).map((ring) => [ring]), ...clipped(outer, edge, far).map(shifted)];
}

const polygons = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).flatMap(cut);

function whole(geometry) {
  return polygons(geometry)
    .map((rings) => rings.map((ring) => rounded(ring, DECIMALS)))
    .filter(([outer]) => outer)
    .map((rings) => rings.filter(Boolean));
}

function small(geometry) {
  const largest = polygons(geometry).map(([outer]) => outer).reduce((best, ring) => (area(ring) > area(best) ? ring : best));
  const ring = rounded(coarse(largest, SMALL_CORNERS_MAX), DECIMALS_SMALL);
  return ring ? [[ring]] : [];
}

// One entry per code of `topology`, with the parts that count to it merged.
function entries(topology) {
  const byCode = new Map();
  for (const geometry of topology.objects.countries.geometries) {
    const key = code(geometry);
    if (key && !LEFT_OUT.has(key)) byCode.set(key, [...(byCode.get(key) ?? []), geometry]);
  }
  return [...byCode].map(([key, parts]) => {
    const own = parts.find((part) => !(part.properties.name in PART_OF)) ?? parts[0];
    const shape = parts.length > 1 ? merge(topology, parts) : feature(topology, own).geometry;
    return { code: key, name: name(key, own.properties.name), shape };
  });
}

const large = entries(simplify(presimplify(read("110m")), TRIANGLE_MIN)).map((entry) => ({ ...entry, coordinates: whole(entry.shape) }));
const known = new Set(large.map((entry) => entry.code));
const others = entries(read("50m")).filter((entry) => !known.has(entry.code));
const all = [...large, ...others.map((entry) => ({ ...entry, coordinates: small(entry.shape) }))];
all.sort((a, b) => (a.code < b.code ? -1 : 1));

for (const { code, coordinates } of all) {
  if (!/^[A-Z]{2}$/.test(code) || coordinates.length === 0) throw new Error(`${code} has no shape`);
  const inside = ([x, y]) => Math.abs(x) <= 180 && Math.abs(y) <= 90;
  const isCut = (ring) => ring.every(([x], i) => i === 0 || Math.abs(x - ring[i - 1][0]) <= 180);
  if (!coordinates.flat(2).every(inside) || !coordinates.flat().every(isCut)) throw new Error(`${code} leaves the world`);
}
const features = all.map(({ code, name, coordinates }) => JSON.stringify({
  type: "Feature",
  properties: { code, name },
  geometry: coordinates.length > 1 ? { type: "MultiPolygon", coordinates } : { type: "Polygon", coordinates: coordinates[0] },
}));
const text = `{"type":"FeatureCollection","features":[\n${features.join(",\n")}\n]}\n`;
if (text.length > BYTES_MAX) throw new Error(`${text.length} bytes`);
writeFileSync(new URL("../world.json", import.meta.url), text);
console.log(`world.json: ${text.length} bytes, ${all.length} countries, ${others.length} of them from 1:50m`);
