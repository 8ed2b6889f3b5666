//! How much of what subnets exchange is encrypted by the VNet, by pair of subnets.

use std::collections::BTreeMap;

use super::{Amounts, Chart, Picture, Scope, absent, subnet_name};
use crate::report::chart::canvas::{BLUE, GREY, VERMILLION};
use crate::report::chart::kind::bars::{Bar, Bars};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, EncryptionRow};

/// The code of encrypted traffic in VNet flow logs.
const ENCRYPTED: &str = "X";

/// Encrypted, not encrypted, not stated.
type Shares = [Amounts; 3];

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.encryption;
    if rows.iter().all(|row| row.encryption.is_empty()) {
        return absent(input, "Encryption", "no log states it: only VNet flow logs do");
    }
    let scope = Scope::new(input, Counting::Deduplicated);
    let pairs = by_pair(rows, &scope);
    let mut total = Shares::default();
    pairs.iter().for_each(|(_, shares)| merge(&mut total, shares));
    let stated = scope.value(&total[0]) + scope.value(&total[1]);
    let title = match scope.value(&total[0]) {
        0 => format!("None of {} is encrypted by the VNet, where the logs say so", scope.unit.said(stated)),
        part => {
            format!(
                "{} of {} is encrypted by the VNet, where the logs say so",
                words::leading_share(part, stated),
                scope.unit.said(stated)
            )
        }
    };
    let mut other = Shares::default();
    pairs.iter().skip(input.view.bars).for_each(|(_, shares)| merge(&mut other, shares));
    let left_out = pairs.len().saturating_sub(input.view.bars) as u64;
    let bars = Bars {
        unit: scope.unit,
        parts: vec![("encrypted", BLUE), ("not encrypted", VERMILLION), ("not stated", GREY)],
        bars: pairs.iter().take(input.view.bars).map(|(ends, shares)| bar(&scope, label(*ends), shares)).collect(),
        other: (left_out > 0).then(|| bar(&scope, format!("other ({})", words::counted(left_out, "path")), &other)),
    };
    let mut notes = vec!["This is encryption by the VNet alone; TLS inside the flows is not seen.".to_owned()];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Encryption by pair of subnets"), notes, picture: Picture::Bars(bars) }
}

/// Greatest first, then by subnets.
fn by_pair<'r>(rows: &'r [EncryptionRow], scope: &Scope) -> Vec<((&'r str, &'r str), Shares)> {
    let mut sums: BTreeMap<(&str, &str), Shares> = BTreeMap::new();
    for row in rows {
        let part = match row.encryption.as_str() {
            ENCRYPTED => 0,
            "" => 2,
            _ => 1,
        };
        sums.entry((&row.src_subnet, &row.dst_subnet)).or_default()[part].add(Amounts::from(&row.measures));
    }
    let mut pairs: Vec<_> = sums.into_iter().collect();
    pairs.sort_by_key(|(_, shares)| std::cmp::Reverse(shares.iter().map(|part| scope.value(part)).sum::<u64>()));
    pairs
}

fn merge(into: &mut Shares, from: &Shares) {
    into.iter_mut().zip(from).for_each(|(sum, part)| sum.add(*part));
}

fn bar(scope: &Scope, label: String, shares: &Shares) -> Bar {
    let mut sum = Amounts::default();
    shares.iter().for_each(|part| sum.add(*part));
    Bar { label, values: shares.iter().map(|part| scope.value(part)).collect(), note: sum.note(scope.unit) }
}

/// Longest name of an end. Unit: characters; two of them and the arrow fit the room of a label.
const END_CHARS_MAX: usize = 19;

fn label((src, dst): (&str, &str)) -> String {
    // Each end is cut by itself: a cut through the middle of both would leave neither.
    let [src, dst] = [src, dst].map(|end| words::shorten(&subnet_name(end), END_CHARS_MAX));
    format!("{src} → {dst}")
}
