//! Who talks with whom, whichever began: inside the private networks, and with public addresses.

use super::{Amounts, Chart, Picture, Scope, absent};
use crate::report::{ReportInput, words};
use crate::schema::flow_type::Reach;
use crate::schema::tables::{ConversationRow, Counting};

pub fn internal(input: &ReportInput) -> Chart {
    chart(input, Reach::Internal, "Conversations inside", "no two private addresses talked")
}

pub fn external(input: &ReportInput) -> Chart {
    chart(input, Reach::External, "Conversations with public addresses", "no public address took part")
}

fn chart(input: &ReportInput, reach: Reach, topic: &str, why: &str) -> Chart {
    let scope = Scope::new(input, Counting::Deduplicated);
    let all = &input.tables.conversations;
    let rows: Vec<(String, Amounts)> = all
        .iter()
        .filter(|row| row.flow_type.is_some_and(|flow_type| flow_type.reach() == reach))
        .filter_map(|row| Some((label(row)?, Amounts::from(&row.measures))))
        .collect();
    let Some((first, amounts)) = rows.first() else {
        return absent(input, topic, why);
    };
    let mut sum = Amounts::default();
    rows.iter().for_each(|(_, amounts)| sum.add(*amounts));
    let title = format!(
        "{first} is the busiest of {}: {} of {}",
        words::counted(rows.len() as u64, "conversation"),
        words::share(scope.value(amounts), scope.value(&sum)),
        scope.unit.said(scope.value(&sum))
    );
    let mut notes = vec!["Received is towards the address that is named first.".to_owned()];
    if let Some(rest) = all.iter().find(|row| row.ips.is_none()) {
        let rest = Amounts::from(&rest.measures).note(scope.unit);
        notes.push(format!("Left out: {rest} of conversations that tables/conversations.csv has in its last row."));
    }
    notes.extend(scope.notes());
    let bars = scope.bars(rows.into_iter(), "conversation");
    Chart { title, subtitle: scope.measured(topic), notes, picture: Picture::Bars(bars) }
}

/// `10.0.1.4 ↔ 10.0.2.4`; `None` for the row of the rest.
fn label(row: &ConversationRow) -> Option<String> {
    row.ips.map(|(a, b)| format!("{a} ↔ {b}"))
}
