//! Which local addresses send to the Internet of their own accord.

use super::{Amounts, Chart, Picture, Scope, absent, name};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, SenderRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.internet_senders;
    let scope = Scope::new(input, Counting::Deduplicated);
    let Some(first) = rows.first() else {
        return absent(input, "Senders to the Internet", "no local address began an allowed flow to a public one");
    };
    let sent: u64 = rows.iter().map(|row| row.measures.bytes_sent).sum();
    let title = format!(
        "{} began flows to the Internet; {} sent {} to {}",
        words::counted(rows.len() as u64, "address"),
        first.ip,
        if sent == 0 { words::counted(first.measures.flows(), "flow") } else { words::share(first.measures.bytes_sent, sent) },
        words::counted(first.peers, "public address"),
    );
    let bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "address");
    let mut notes = vec!["Flows begun by the address and allowed; Azure's own platform addresses are left out.".to_owned()];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Senders to the Internet"), notes, picture: Picture::Bars(bars) }
}

fn label(row: &SenderRow) -> String {
    let known = [&row.vm, &row.interface, &row.subnet];
    match known.into_iter().find(|text| !text.is_empty()) {
        Some(text) => format!("{} ({})", row.ip, name(text, "")),
        None => row.ip.to_string(),
    }
}
