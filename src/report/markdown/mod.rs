//! report.md: the report on one page of GitHub-flavoured Markdown, for a mail, a chat or a ticket.
//!
//! Goes in: the report's data. Comes out: text of at most [`BYTES_MAX`] bytes, in which every text of a log is escaped. Holds no
//! picture and no link but the name of the page; what does not fit is named at the end.

mod changes;
mod escape;
mod lists;
#[cfg(test)]
mod tests;

use super::{OutputFile, ReportInput, change, chart, naming, page, words};
use crate::schema::finding::{Finding, Severity, Since};
use escape::{code, prose};

/// Largest page. Unit: bytes; chats and tickets cut longer texts.
pub const BYTES_MAX: usize = 12_000;
/// Findings told. Unit: findings; findings.json has all.
const FINDINGS_MAX: usize = 10;
/// Longest sentences of a finding, longest warning. Unit: characters.
const TITLE_CHARS: usize = 140;
const WHY_CHARS: usize = 220;
const STEP_CHARS: usize = 180;
const WARNING_CHARS: usize = 200;

/// The file.
pub fn file(input: &ReportInput) -> OutputFile {
    let head = head(input);
    let tail = tail(input);
    let blocks = [("tiles", tiles(input)), ("warnings", warnings(input))]
        .into_iter()
        .chain([("findings", findings(input)), ("what changed", changes::changes(input))])
        .chain(lists::all(input));
    let mut text = head;
    let mut left_out = Vec::new();
    for (name, block) in blocks {
        // Room for the tail and the line that names what is left out.
        if text.len() + block.len() + tail.len() + LEFT_OUT_BYTES > BYTES_MAX {
            left_out.push(name);
        } else {
            text.push_str(&block);
        }
    }
    if !left_out.is_empty() {
        text.push_str(&format!("Left out, since it would not fit: {}.\n\n", left_out.join(", ")));
    }
    text.push_str(&tail);
    OutputFile::new("report.md", text)
}

/// Longest line that names what is left out. Unit: bytes.
const LEFT_OUT_BYTES: usize = 250;

fn head(input: &ReportInput) -> String {
    let length = page::length(input);
    let length = if length.is_empty() { String::new() } else { format!(" ({length})") };
    let mut text = format!("# {}\n\n", prose(input.view.heading(), super::TITLE_CHARS_MAX));
    text.push_str(&format!("{}{length}\n\nRead: {}.", chart::window(input), page::read_line(input)));
    if let Some(previous) = input.previous {
        let (from, to) = (words::minute(previous.from), words::minute(previous.to));
        let said = if previous.has_data() { "" } else { ": no tuple" };
        text.push_str(&format!(" Compared with {from} to {to} UTC{said}."));
    }
    text + "\n\n"
}

fn tiles(input: &ReportInput) -> String {
    let has_changes = input.previous.is_some();
    let mut text = String::from(if has_changes { "| | | | Change |\n|---|--:|---|---|\n" } else { "| | | |\n|---|--:|---|\n" });
    for changed in page::tiles(input) {
        let (tile, change) = (changed.tile, changed.change);
        text.push_str(&format!("| {} | **{}** | {} |", tile.name, tile.value, tile.more));
        text.push_str(&if has_changes { format!(" {change} |\n") } else { "\n".into() });
    }
    text + "\n"
}

fn warnings(input: &ReportInput) -> String {
    let warnings = page::warnings(input);
    if warnings.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Know before you trust the numbers\n\n");
    for warning in warnings {
        text.push_str(&format!("- {}\n", prose(&warning, WARNING_CHARS)));
    }
    text + "\n"
}

/// How many there are of each severity, and the worst with why and what to do. Long ones are shortened until ten fit half the page.
fn findings(input: &ReportInput) -> String {
    let all = &input.findings.findings;
    let mut text = String::from("## Findings\n\n");
    if all.is_empty() {
        let why = if input.summary.tuples.kept > 0 { "no detector found anything odd" } else { "there was nothing to look at" };
        return text + "None: " + why + ".\n\n" + &ended(input);
    }
    let of = |severity: Severity| all.iter().filter(|finding| finding.severity == severity).count() as u64;
    let counts = Severity::ALL.iter().rev().filter(|severity| of(**severity) > 0);
    let counts: Vec<String> = counts.map(|severity| format!("{} {}", words::count(of(*severity)), severity.name())).collect();
    text.push_str(&format!("{}{}.\n\n", counts.join(", "), since(input)));
    for (i, finding) in all.iter().take(FINDINGS_MAX).enumerate() {
        let entry = entry(i + 1, finding, 1);
        text.push_str(&if entry.len() > FINDING_BYTES_MAX { self::entry(i + 1, finding, 5) } else { entry });
    }
    let more = all.len().saturating_sub(FINDINGS_MAX);
    if more > 0 {
        text.push_str(&format!("\n{} more in findings.json.\n", words::count(more as u64)));
    }
    text + "\n" + &ended(input)
}

/// `; since the 24 h before 1 new, 3 ongoing, 2 ended`; empty where nothing is compared.
fn since(input: &ReportInput) -> String {
    let (Some(previous), Some(ended)) = (input.previous, &input.findings.ended) else { return String::new() };
    let count = |since| input.findings.findings.iter().filter(|finding| finding.since == Some(since)).count() as u64;
    let [new, ongoing, ended] = [count(Since::New), count(Since::Ongoing), ended.len() as u64].map(words::count);
    format!("; since the {} {new} new, {ongoing} ongoing, {ended} ended", change::period(previous))
}

/// The worst findings that ended; empty without any.
fn ended(input: &ReportInput) -> String {
    let all = input.findings.ended.as_deref().unwrap_or_default();
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from("Ended:\n\n");
    for ended in all.iter().take(input.view.list_rows) {
        let title = prose(&page::sized(&naming::sentence(&ended.title, &ended.actor)), TITLE_CHARS);
        text.push_str(&format!("- **{}** {title}\n", ended.severity.name()));
    }
    let more = all.len().saturating_sub(input.view.list_rows);
    if more > 0 {
        text.push_str(&format!("\n{} more in findings.json.\n", words::count(more as u64)));
    }
    text + "\n"
}

/// Longest entry before it is told in fewer words. Unit: bytes; ten of them leave half of the page to the rest. Only names full of
/// characters that must be escaped come so far.
const FINDING_BYTES_MAX: usize = 700;

/// A finding as an item of a list; its texts are cut to a `part`-th of their usual length.
fn entry(number: usize, finding: &Finding, part: usize) -> String {
    let severity = finding.severity.name();
    let title = prose(&page::sized(&naming::sentence(&finding.title, &finding.actor)), TITLE_CHARS / part);
    let since = finding.since.map_or_else(String::new, |since| format!(" ({})", since.name()));
    format!(
        "{number}. **{severity}**{since} {title}\n   - Why: {}\n   - Next: {}\n",
        sentence(&naming::sentence(&finding.why, &finding.actor), WHY_CHARS / part),
        sentence(&finding.next_step, STEP_CHARS / part)
    )
}

/// A sentence of a detector, at most `chars` characters of it: what stands between back-quotes stays code, and code is whole or left out.
fn sentence(text: &str, chars: usize) -> String {
    let mut left = chars;
    let mut said = String::new();
    for piece in page::pieces(text) {
        let length = piece.text.chars().count();
        if length > left {
            let head = if piece.is_code { String::new() } else { prose(&head_of(&piece.text, left), left) };
            let space = if piece.text.starts_with(' ') && !said.is_empty() && !head.is_empty() { " " } else { "" };
            return format!("{}{space}{head}…", if space.is_empty() { said.trim_end() } else { &said });
        }
        let escaped = if piece.is_code { code(&piece.text, length) } else { prose(&piece.text, length) };
        let before = if piece.text.starts_with(' ') { " " } else { "" };
        let after = if piece.text.ends_with(' ') && length > 1 { " " } else { "" };
        said.push_str(&format!("{before}{escaped}{after}"));
        left -= length;
    }
    said.trim().to_owned()
}

/// The first `chars` characters of `text`, to the end of a word where there is one.
fn head_of(text: &str, chars: usize) -> String {
    let head: String = text.chars().take(chars).collect();
    match head.rfind(' ') {
        Some(at) => head[..at].trim_end_matches('.').to_owned(),
        None => head,
    }
}

fn tail(input: &ReportInput) -> String {
    format!(
        "## How this was counted\n\n\
         Deduplicated unless said otherwise: traffic that several capture points saw counts once; rules are counted as logged.\n\
         Times are UTC, sizes binary; bytes of tuples without counters are unknown, not zero.\n\n\
         Charts, every table and the evidence: `report.html`, in the folder of this file. azflow {}.\n",
        input.version
    )
}
