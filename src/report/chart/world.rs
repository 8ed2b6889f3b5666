//! The shapes of countries on a map of the world, embedded: outlines in pixels by ISO 3166-1 code.
//!
//! Goes in: templates/vendor/world.json, which its own build script makes. Comes out: each country once, projected after
//! Robinson, which shows the whole world without blowing up the north. Knows nothing of traffic.

use std::sync::LazyLock;

use serde::Deserialize;

use super::canvas::{MARGIN, WIDTH};

/// One country.
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// In English.
    pub name: String,
    /// Outlines of its parts, the largest first; not closed. Unit: pixels from the left of the picture and from the top of the map.
    pub rings: Vec<Vec<(i32, i32)>>,
}

/// Every country that has a shape, by code.
pub fn countries() -> &'static [Country] {
    &WORLD
}

/// The country of `code`, upper-case; `None` where there is no shape.
pub fn country(code: &str) -> Option<&'static Country> {
    WORLD.binary_search_by(|country| country.code.as_str().cmp(code)).ok().map(|at| &WORLD[at])
}

/// Height of the map. Unit: pixels.
pub fn height() -> i32 {
    project([0.0, SOUTH]).1 - project([0.0, NORTH]).1
}

/// What of the world is drawn. Unit: degrees of latitude; beyond live no networks.
const NORTH: f64 = 84.0;
const SOUTH: f64 = -57.0;

/// Robinson's table: for every 5 degrees of latitude how long the parallel is, and how far from the equator. Unit: that of the
/// equator, and that of the pole. Source: A. H. Robinson, A New Map Projection (1974).
const ROBINSON: [[f64; 2]; 19] = [
    [1.0, 0.0],
    [0.9986, 0.062],
    [0.9954, 0.124],
    [0.99, 0.186],
    [0.9822, 0.248],
    [0.973, 0.31],
    [0.96, 0.372],
    [0.9427, 0.434],
    [0.9216, 0.4958],
    [0.8962, 0.5571],
    [0.8679, 0.6176],
    [0.835, 0.6769],
    [0.7986, 0.7346],
    [0.7597, 0.7903],
    [0.7186, 0.8435],
    [0.6732, 0.8936],
    [0.6213, 0.9394],
    [0.5722, 0.9761],
    [0.5322, 1.0],
];
/// Height of the whole projection by its width.
const HEIGHT_BY_WIDTH: f64 = 0.5072;

/// Length of the parallel and distance from the equator, at `latitude`; between the rows of the table on a straight line.
fn robinson(latitude: f64) -> [f64; 2] {
    let row = latitude.abs().min(90.0) / 5.0;
    let at = (row as usize).min(ROBINSON.len() - 2);
    let part = row - at as f64;
    let [length, distance] = [0, 1].map(|i| ROBINSON[at][i] + (ROBINSON[at + 1][i] - ROBINSON[at][i]) * part);
    [length, distance * latitude.signum()]
}

/// Where a point of longitude and latitude lies. Unit: pixels, as in [`Country::rings`].
fn project([longitude, latitude]: [f64; 2]) -> (i32, i32) {
    let width = f64::from(WIDTH - 2 * MARGIN);
    let [length, distance] = robinson(latitude);
    let x = f64::from(WIDTH) / 2.0 + longitude / 360.0 * length * width;
    let y = (robinson(NORTH)[1] - distance) / 2.0 * HEIGHT_BY_WIDTH * width;
    (x.round() as i32, y.round() as i32)
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    code: String,
    name: String,
}

/// A line around a place. Unit: degrees of longitude and latitude; the first point is also the last.
type Ring = Vec<[f64; 2]>;

/// Each polygon is its outline, then its holes.
#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

static WORLD: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let text = include_str!("../../../templates/vendor/world.json");
    let collection: Collection = serde_json::from_str(text).expect("the embedded shapes are GeoJSON");
    collection.features.into_iter().map(drawn).collect()
});

fn drawn(feature: Feature) -> Country {
    let polygons = match feature.geometry {
        Geometry::Polygon(rings) => vec![rings],
        Geometry::MultiPolygon(polygons) => polygons,
    };
    // Holes are other countries, which are drawn over them.
    let outlines = polygons.into_iter().filter_map(|rings| rings.into_iter().next());
    let mut rings: Vec<Vec<(i32, i32)>> = outlines.map(|ring| on_pixels(&ring)).collect();
    rings.sort_by_key(|ring| std::cmp::Reverse(area(ring)));
    Country { code: feature.properties.code, name: feature.properties.name, rings }
}

/// `ring` projected, without points that fall on the pixel of the one before.
fn on_pixels(ring: &[[f64; 2]]) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> = ring.iter().map(|point| project(*point)).collect();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// Area within a ring. Unit: pixels.
pub fn area(ring: &[(i32, i32)]) -> i32 {
    let next = ring.iter().cycle().skip(1);
    let twice: i32 = ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    twice.abs() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_lies_on_the_map_and_has_a_code_of_two_letters() {
        assert!(countries().len() > 200);
        assert!(countries().windows(2).all(|pair| pair[0].code < pair[1].code));
        for country in countries() {
            assert!(country.code.len() == 2 && country.code.bytes().all(|c| c.is_ascii_uppercase()), "{}", country.code);
            assert!(!country.name.is_empty() && country.rings.iter().all(|ring| !ring.is_empty()));
            let is_inside = |(x, y): &(i32, i32)| (MARGIN..=WIDTH - MARGIN).contains(x) && (0..=height()).contains(y);
            assert!(country.rings.iter().flatten().all(is_inside), "{}", country.code);
        }
    }

    #[test]
    fn no_shape_spans_the_world() {
        for ring in countries().iter().flat_map(|country| &country.rings) {
            let [least, greatest] = [ring.iter().map(|p| p.0).min(), ring.iter().map(|p| p.0).max()];
            assert!(greatest.expect("points") - least.expect("points") < WIDTH / 2);
        }
    }

    #[test]
    fn the_equator_crosses_the_middle_and_places_lie_where_they_are() {
        assert_eq!(project([0.0, 0.0]).0, WIDTH / 2);
        assert_eq!([project([-180.0, 0.0]).0, project([180.0, 0.0]).0], [MARGIN, WIDTH - MARGIN]);
        // 60 north: a sixth of the parallel's 0.7986 * 912 pixels east of the middle.
        assert_eq!(project([60.0, 60.0]).0, WIDTH / 2 + 121);
        assert_eq!(country("NL").map(|country| country.name.as_str()), Some("Netherlands"));
        assert!(country("SG").is_some() && country("XK").is_some() && country("nl").is_none() && country("").is_none());
    }

    #[test]
    fn an_area_is_counted_either_way_round() {
        assert_eq!([area(&[(0, 0), (4, 0), (4, 3)]), area(&[(4, 3), (4, 0), (0, 0)]), area(&[(1, 1)])], [6, 6, 0]);
    }
}
