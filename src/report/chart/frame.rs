//! What every chart has around its picture: title, subtitle, notes, and the label that screen readers say.

use super::canvas::{Align, Canvas, MARGIN, SUBTITLE, TICK, TITLE, WIDTH, dashed};
use super::{Chart, Drawn, Entry, Picture};
use crate::report::words;

/// Unit: pixels.
const TITLE_LINE: i32 = 24;
const SUBTITLE_LINE: i32 = 18;
/// Between head and picture, and between picture and notes.
const SPACE: i32 = 14;
/// Height of a picture with nothing in it.
const NOTHING_HEIGHT: i32 = 120;

/// Draws the whole chart.
pub fn draw(chart: &Chart, entry: &'static Entry) -> Result<Drawn, String> {
    let inner = WIDTH - 2 * MARGIN;
    let titles = TITLE.wrap(&chart.title, inner, 2);
    let subtitles = SUBTITLE.wrap(&chart.subtitle, inner, 2);
    let notes: Vec<String> = chart.notes.iter().flat_map(|note| SUBTITLE.wrap(note, inner, 2)).collect();
    let head = MARGIN - 4 + TITLE_LINE * titles.len() as i32 + SUBTITLE_LINE * subtitles.len() as i32;
    let picture_top = head + SPACE;
    let foot = picture_top + height(&chart.picture) + if notes.is_empty() { 0 } else { SPACE };
    let total = foot + SUBTITLE_LINE * notes.len() as i32 + MARGIN - 6;

    let mut svg = String::new();
    let mut canvas = Canvas::new(&mut svg, total);
    let mut y = MARGIN - 4;
    for line in &titles {
        canvas.text(line, (MARGIN, y + TITLE_LINE / 2), Align::Left, TITLE);
        y += TITLE_LINE;
    }
    for line in &subtitles {
        canvas.text(line, (MARGIN, y + SUBTITLE_LINE / 2), Align::Left, SUBTITLE);
        y += SUBTITLE_LINE;
    }
    draw_picture(&chart.picture, &mut canvas, picture_top);
    for (i, line) in notes.iter().enumerate() {
        canvas.text(line, (MARGIN, foot + SUBTITLE_LINE * i as i32 + SUBTITLE_LINE / 2), Align::Left, SUBTITLE);
    }
    canvas.finish()?;
    let title_height = MARGIN - 4 + TITLE_LINE * titles.len() as i32;
    let absent = match &chart.picture {
        Picture::Nothing(why) => Some(words::clean(why)),
        _ => None,
    };
    Ok(Drawn {
        entry,
        title: words::clean(&chart.title),
        absent,
        svg: labelled(&dashed(&svg), &chart.title),
        title_height,
        height: total,
    })
}

fn height(picture: &Picture) -> i32 {
    match picture {
        Picture::Bars(bars) => bars.height(),
        Picture::Mirror(mirror) => mirror.height(),
        Picture::Grid(grid) => grid.height(),
        Picture::Strips(strips) => strips.height(),
        Picture::Sankey(sankey) => sankey.height(),
        Picture::Map(map) => map.height(),
        Picture::Nothing(_) => NOTHING_HEIGHT,
    }
}

fn draw_picture(picture: &Picture, canvas: &mut Canvas, top: i32) {
    match picture {
        Picture::Bars(bars) => bars.draw(canvas, top),
        Picture::Mirror(mirror) => mirror.draw(canvas, top),
        Picture::Grid(grid) => grid.draw(canvas, top),
        Picture::Strips(strips) => strips.draw(canvas, top),
        Picture::Sankey(sankey) => sankey.draw(canvas, top),
        Picture::Map(map) => map.draw(canvas, top),
        Picture::Nothing(why) => {
            let area = super::canvas::Area { left: MARGIN, top, width: WIDTH - 2 * MARGIN, height: NOTHING_HEIGHT };
            canvas.fill(area, super::canvas::ABSENT);
            let lines = TICK.wrap(&format!("no data: {why}"), area.width - 40, 2);
            let first = area.middle() - SUBTITLE_LINE * (lines.len() as i32 - 1) / 2;
            for (i, line) in lines.iter().enumerate() {
                canvas.text(line, (WIDTH / 2, first + SUBTITLE_LINE * i as i32), Align::Center, TICK);
            }
        }
    }
}

/// `svg` with the title as its accessible name.
fn labelled(svg: &str, title: &str) -> String {
    let name = words::clean(title).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{name}\" "), 1)
}
