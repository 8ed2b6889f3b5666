//! Columns of bars, and bands between them that are as thick as what goes from one to the other.
//!
//! Goes in: nodes and links with their values, a node's value being the sum of its links on each side that has some.
//! A bar is never thinner than can be seen, and has the room that its label needs.

use crate::report::chart::canvas::{Align, Area, Canvas, Ink, LABEL, MARGIN, PAPER, TICK, WIDTH};
use crate::report::chart::scale::{Unit, pixels};

/// Most nodes of a column; the rest is one more. More leave no room for their labels.
pub const NODES_MAX: usize = 12;

/// Unit: pixels.
const HEAD: i32 = 28;
const LEGEND: i32 = 34;
const BAR: i32 = 12;
/// Room that a label needs.
const SLOT: i32 = 18;
/// Between two slots, at least and at most.
const GAP: i32 = 8;
const GAP_MAX: i32 = 26;
/// Height of the columns by the nodes of the longest, and at least and at most.
const NODE_HEIGHT: i32 = 40;
const HEIGHT_MIN: i32 = 200;
const HEIGHT_MAX: i32 = 480;
const LABEL_WIDTH_MAX: i32 = 260;
/// Between a bar and its label.
const SPACE: i32 = 8;
/// By which part of the whole width a column between two others is moved to the left.
const EARLIER: i32 = 10;
/// Straight pieces of a band's edge.
const PIECES: i32 = 32;
/// How much of a band's ink is seen, of every other one and of those between; what lies below a label shines through a little.
const OPACITY: [f64; 2] = [0.46, 0.34];
const LABEL_OPACITY: f64 = 0.78;

/// The data of the columns.
#[derive(Clone, Debug)]
pub struct Sankey {
    pub unit: Unit,
    /// From left to right; at least two.
    pub columns: Vec<Column>,
    /// `links[i]` go from column `i` to the next.
    pub links: Vec<Vec<Link>>,
    /// What the inks mean.
    pub legend: Vec<(&'static str, Ink)>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    pub head: &'static str,
    /// Downwards.
    pub nodes: Vec<Node>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub label: String,
    pub value: u64,
    pub ink: Ink,
}

/// One band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Place in its column.
    pub from: usize,
    /// Place in the next column.
    pub to: usize,
    pub value: u64,
    pub ink: Ink,
}

/// Where something lies along a column. Unit: pixels from the top of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub top: i32,
    pub height: i32,
}

impl Sankey {
    pub fn height(&self) -> i32 {
        HEAD + self.body() + LEGEND
    }

    /// Height of the columns.
    fn body(&self) -> i32 {
        let most = self.columns.iter().map(|column| column.nodes.len()).max().unwrap_or(0);
        (most as i32 * NODE_HEIGHT).clamp(HEIGHT_MIN, HEIGHT_MAX)
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let bars = self.bars();
        let lefts = self.lefts();
        let first = top + HEAD;
        for (i, links) in self.links.iter().enumerate() {
            let (from, to) = (ends(&self.columns[i], &bars[i], links, |link| link.from), {
                ends(&self.columns[i + 1], &bars[i + 1], links, |link| link.to)
            });
            for (link, (start, end)) in links.iter().zip(from.iter().zip(&to)) {
                let edge = |span: &Span| Span { top: span.top + first, ..*span };
                let points = band((lefts[i] + BAR, edge(start)), (lefts[i + 1], edge(end)));
                canvas.veil(points, link.ink, OPACITY[(link.from + link.to) % OPACITY.len()]);
            }
        }
        for (i, column) in self.columns.iter().enumerate() {
            // As the labels below: to the left of the first bars, to the right of the others.
            let (x, align) = if i == 0 { (lefts[i] + BAR, Align::Right) } else { (lefts[i], Align::Left) };
            canvas.text(column.head, (x, top + HEAD / 2 - 2), align, TICK);
            for (node, bar) in column.nodes.iter().zip(&bars[i]) {
                let area = Area { left: lefts[i], top: first + bar.top, width: BAR, height: bar.height };
                canvas.fill(area, node.ink);
                self.label(canvas, node, area, i);
            }
        }
        canvas.legend(&self.legend, (MARGIN, first + self.body() + LEGEND / 2));
    }

    /// Name and value: outside the first and the last column, on the bands beside the others.
    fn label(&self, canvas: &mut Canvas, node: &Node, bar: Area, column: usize) {
        let value = self.unit.label(node.value);
        let (middle, value_width) = (bar.middle(), TICK.width(&value));
        let name = LABEL.fit(&node.label, self.name_width_max(column, value_width));
        let name_width = LABEL.width(&name);
        if column == 0 {
            let right = bar.left - SPACE;
            canvas.text(&value, (right, middle), Align::Right, TICK);
            canvas.text(&name, (right - value_width - SPACE, middle), Align::Right, LABEL);
            return;
        }
        let left = bar.right() + SPACE;
        if column + 1 < self.columns.len() {
            let (right, top, bottom) = (left + name_width + SPACE + value_width, middle - SLOT / 2, middle + SLOT / 2);
            let around = [(left - 4, top), (right + 4, top), (right + 4, bottom), (left - 4, bottom)];
            canvas.veil(around.to_vec(), PAPER, LABEL_OPACITY);
        }
        canvas.text(&name, (left, middle), Align::Left, LABEL);
        canvas.text(&value, (left + name_width + SPACE, middle), Align::Left, TICK);
    }

    /// Room for a name beside a value of `value_width`. Names between two columns must not reach the next.
    fn name_width_max(&self, column: usize, value_width: i32) -> i32 {
        let is_inner = column > 0 && column + 1 < self.columns.len();
        let lefts = if is_inner { self.lefts() } else { Vec::new() };
        let room = if is_inner { lefts[column + 1] - lefts[column] - BAR - 3 * SPACE } else { LABEL_WIDTH_MAX };
        room.min(LABEL_WIDTH_MAX) - value_width - SPACE
    }

    /// The left edge of every column: the outer labels take what they need, the columns share the rest. Those between begin early,
    /// since their labels stand to their right.
    fn lefts(&self) -> Vec<i32> {
        let last = self.columns.len() - 1;
        let (first, end) = (MARGIN + self.label_width(0) + SPACE, WIDTH - MARGIN - self.label_width(last) - SPACE - BAR);
        let share = |i: usize| (end - first) * i as i32 / last.max(1) as i32;
        let earlier = |i: usize| if i > 0 && i < last { (end - first) / EARLIER } else { 0 };
        (0..=last).map(|i| first + share(i) - earlier(i)).collect()
    }

    /// Of an outer column.
    fn label_width(&self, column: usize) -> i32 {
        let width = |node: &Node| {
            let value = TICK.width(&self.unit.label(node.value));
            LABEL.width(&LABEL.fit(&node.label, LABEL_WIDTH_MAX - value - SPACE)) + SPACE + value
        };
        self.columns[column].nodes.iter().map(width).max().unwrap_or(0)
    }

    /// Every bar, by column: one scale for all, as large as the fullest column allows.
    pub fn bars(&self) -> Vec<Vec<Span>> {
        let body = self.body();
        let fits = |scale: i32| self.columns.iter().all(|column| filled(&column.heights(scale)) <= body);
        let scale = (1..=body).rev().find(|scale| fits(*scale)).unwrap_or(1);
        self.columns.iter().map(|column| spread(&column.heights(scale), body)).collect()
    }
}

impl Column {
    fn total(&self) -> u64 {
        self.nodes.iter().map(|node| node.value).sum()
    }

    /// Heights of the bars where the whole column is `scale` pixels.
    fn heights(&self, scale: i32) -> Vec<i32> {
        let total = self.total();
        self.nodes.iter().map(|node| pixels(node.value, total, scale).max(1)).collect()
    }
}

/// What bars of `heights` need, with the room of their labels and the least gaps.
fn filled(heights: &[i32]) -> i32 {
    heights.iter().map(|height| height.max(&SLOT)).sum::<i32>() + GAP * (heights.len() as i32 - 1).max(0)
}

/// Bars of `heights` down a column of `body` pixels: gaps are even, and what is left over is above and below.
fn spread(heights: &[i32], body: i32) -> Vec<Span> {
    let gaps = (heights.len() as i32 - 1).max(1);
    let more = ((body - filled(heights)).max(0) / gaps).min(GAP_MAX - GAP);
    let used = filled(heights) + more * (heights.len() as i32 - 1).max(0);
    let mut top = (body - used).max(0) / 2;
    let mut spans = Vec::new();
    for height in heights {
        let slot = *height.max(&SLOT);
        spans.push(Span { top: top + (slot - height) / 2, height: *height });
        top += slot + GAP + more;
    }
    spans
}

/// Where each link meets the bars of one of its columns: stacked in the order of the links, which together fill the bar.
fn ends(column: &Column, bars: &[Span], links: &[Link], node: impl Fn(&Link) -> usize) -> Vec<Span> {
    let mut sums = vec![0_u64; bars.len()];
    links
        .iter()
        .map(|link| {
            let i = node(link);
            let (bar, whole) = (bars[i], column.nodes[i].value);
            // The sums are scaled, not the links, so that rounding does not add up.
            let start = pixels(sums[i], whole, bar.height).min(bar.height - 1);
            sums[i] += link.value;
            let end = pixels(sums[i], whole, bar.height).max(start + 1);
            Span { top: bar.top + start, height: end - start }
        })
        .collect()
}

/// The outline of a band from one edge to another: level at both, and equally thick along the way if both are.
fn band((left, start): (i32, Span), (right, end): (i32, Span)) -> Vec<(i32, i32)> {
    let mut points = edge((left, start.top), (right, end.top));
    let below = edge((left, start.top + start.height), (right, end.top + end.height));
    points.extend(below.into_iter().rev());
    points
}

/// A curve with level ends. Every point lies on a whole pixel of height, and across where the curve has that height: rounding
/// heights instead makes shallow bands wave.
fn edge(from: (i32, i32), to: (i32, i32)) -> Vec<(i32, i32)> {
    let (width, rise) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let mut points = vec![from];
    for piece in 1..PIECES {
        let y = (rise * risen(f64::from(piece) / f64::from(PIECES))).round();
        let at = (from.0 + (width * passed(y / rise)).round() as i32, from.1 + y as i32);
        if rise != 0.0 && points.last().is_some_and(|last| last.1 != at.1) && at.1 != to.1 {
            points.push(at);
        }
    }
    points.push(to);
    points
}

/// How far a curve has risen after `part` of its way; both from 0 to 1.
fn risen(part: f64) -> f64 {
    part * part * (3.0 - 2.0 * part)
}

/// After which part of its way a curve has risen by `height`: the inverse of [`risen`], to a hundredth of a pixel.
fn passed(height: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        if risen(middle) < height { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::canvas::{BLUE, GREY};

    fn column(values: &[u64]) -> Column {
        let node = |value: &u64| Node { label: "a".into(), value: *value, ink: BLUE };
        Column { head: "from", nodes: values.iter().map(node).collect() }
    }

    fn link(from: usize, to: usize, value: u64) -> Link {
        Link { from, to, value, ink: GREY }
    }

    /// Two sources and two destinations: 60 and 30 to the first, 10 to the second.
    fn small() -> Sankey {
        Sankey {
            unit: Unit::Bytes,
            columns: vec![column(&[70, 30]), column(&[90, 10])],
            links: vec![vec![link(0, 0, 60), link(0, 1, 10), link(1, 0, 30)]],
            legend: vec![],
        }
    }

    #[test]
    fn bars_are_as_long_as_their_values_and_fill_the_height() {
        // 200 pixels: 200 - 8 of gap are 192; the second column's small bar of 10 in 100 needs 18 only below 180.
        let bars = small().bars();
        assert_eq!(bars[0], [Span { top: 0, height: 134 }, Span { top: 142, height: 58 }]);
        assert_eq!(bars[1], [Span { top: 0, height: 173 }, Span { top: 181, height: 19 }]);
    }

    #[test]
    fn links_fill_their_bars_without_gap_or_overlap() {
        let sankey = small();
        let bars = sankey.bars();
        let [from, to] = [
            ends(&sankey.columns[0], &bars[0], &sankey.links[0], |link| link.from),
            ends(&sankey.columns[1], &bars[1], &sankey.links[0], |link| link.to),
        ];
        // 60 of 70 in 134 pixels are 115, the rest 19; 60 of 90 in 173 are 115, the rest 58.
        assert_eq!(from, [Span { top: 0, height: 115 }, Span { top: 115, height: 19 }, Span { top: 142, height: 58 }]);
        assert_eq!(to, [Span { top: 0, height: 115 }, Span { top: 181, height: 19 }, Span { top: 115, height: 58 }]);
    }

    #[test]
    fn thirteen_nodes_keep_room_for_their_labels() {
        let values: Vec<u64> = (0..13).map(|i| if i == 0 { 1_000_000 } else { 1 }).collect();
        let sankey = Sankey { columns: vec![column(&values), column(&[1_000_012])], links: vec![vec![]], ..small() };
        let bars = sankey.bars();
        assert!(bars[0].iter().all(|bar| bar.height >= 1));
        let middles: Vec<i32> = bars[0].iter().map(|bar| bar.top + bar.height / 2).collect();
        assert!(middles.windows(2).all(|pair| pair[1] - pair[0] >= SLOT), "{middles:?}");
        let last = bars[0].last().expect("bars");
        assert!(last.top + last.height <= sankey.body());
    }

    #[test]
    fn a_band_begins_and_ends_at_its_edges_and_turns_in_its_middle() {
        let points = band((0, Span { top: 10, height: 4 }), (320, Span { top: 50, height: 4 }));
        let half = points.len() / 2;
        assert_eq!(
            (points[0], points[half - 1], points[half], points[points.len() - 1]),
            ((0, 10), (320, 50), (320, 54), (0, 14))
        );
        assert!(points.contains(&(160, 30)) && points.contains(&(160, 34)));
        assert_eq!(edge((0, 5), (9, 5)), [(0, 5), (9, 5)]);
        // One pixel down: a straight line has no wave.
        assert_eq!(edge((0, 5), (90, 6)), [(0, 5), (90, 6)]);
    }
}
