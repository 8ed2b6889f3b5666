//! Lists of one entry a line: plain ones, FireHOL's, Spamhaus DROP as text, ipsum, Maltrail's, DShield's, and Feodo Tracker's CSV.
//!
//! Goes in: text. Comes out: a [`Draft`]. What follows `#` or `;` is a remark and becomes the label. A line that names no
//! address, such as a domain, is counted and passed over.

use std::borrow::Cow;

use ipnet::Ipv4Net;

use super::draft::{Draft, Found};
use super::error::Failure;
use super::feodo::Columns;
use super::list::Times;
use super::target::Target;
use super::{feodo, header};

/// Reads a list.
pub(super) fn read(text: &str) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    let mut columns: Option<Columns> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if columns.is_none()
            && let Some(found) = Columns::of(line)
        {
            columns = Some(found);
            draft.is_known_format = true;
        } else if line.starts_with(['#', ';']) {
            header::read(line, &mut draft);
        } else if let Some(columns) = &columns {
            feodo::row(columns, number, line, &mut draft)?;
        } else {
            entry(number, line, &mut draft)?;
        }
    }
    Ok(draft)
}

/// Reads a line that is no comment.
fn entry(number: usize, line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let (body, remark) = line.find(['#', ';']).map_or((line, ""), |at| line.split_at(at));
    let body = body.trim();
    let Some((written, target)) = named(body) else {
        draft.unreadable.line(number, line);
        return Ok(());
    };
    let remark = remark.trim_matches(['#', ';', ' ', '\t']);
    // ipsum: on how many lists the address stands.
    let lists = body.split_once('\t').and_then(|(_, count)| count.trim().parse::<u32>().ok());
    let count = lists.map(|lists| format!("{lists} {}", if lists == 1 { "list" } else { "lists" })).unwrap_or_default();
    let label = if remark.is_empty() { &count } else { remark };
    draft.add(&Found { written: &written, target, label, times: Times::default() })?;
    Ok(())
}

/// What a line without its remark names, and the words that name it.
fn named(body: &str) -> Option<(Cow<'_, str>, Target)> {
    let field = body.split(',').next().unwrap_or_default().trim_matches(['"', ' ', '\t']);
    // Blanks may stand around the dash of a range.
    if field.contains('-')
        && let Some(target) = Target::parse(field)
    {
        return Some((field.split_whitespace().collect::<String>().into(), target));
    }
    let mut words = body.split([' ', '\t', ',']).map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
    let first = words.next()?;
    let Some(target) = Target::parse(first) else {
        // A row of CSV that begins with a date or a number.
        let is_row = body.contains(',') && body.starts_with(|c: char| c == '"' || c.is_ascii_digit());
        return words.filter(|_| is_row).find_map(|word| Some((word.into(), Target::parse(word)?)));
    };
    match words.next().filter(|second| second.contains('.') || second.contains("::")) {
        Some(mask) if mask.starts_with("255.") => {
            let prefix = Ipv4Net::with_netmask(first.parse().ok()?, mask.parse().ok()?).ok()?.to_string();
            Target::parse(&prefix).map(|target| (prefix.into(), target))
        }
        // DShield: the first and the last address of a block.
        Some(last) if Target::parse(last).is_some() => {
            let range = format!("{first}-{last}");
            Target::parse(&range).map(|target| (range.into(), target))
        }
        _ => Some((first.into(), target)),
    }
}
