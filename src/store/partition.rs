//! Where the files of a table lie: `TABLE/date=2026-03-02/hour=07/00000012-0000-settled.parquet`.
//!
//! Goes in: table, hour, run, kind. Comes out: relative paths, and the same facts back from them. Touches no file.

use std::fmt;

use crate::schema::units::{DAY_MS, HOUR_MS, date, date_start};

/// Hours of a day.
pub(super) const DAY_HOURS: u32 = (DAY_MS / HOUR_MS) as u32;

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// Final, until their blob is rewritten.
    Settled,
    /// What the flows in flight come to if their blob has ended; replaced when it is read on.
    Pending,
}

impl PartKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Pending => "pending",
        }
    }
}

/// One file of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The table's folder.
    pub table: Box<str>,
    /// Hour of its rows, from the epoch.
    pub hour: u32,
    /// The run that wrote it.
    pub run: u64,
    /// Which of the files of that table, hour and kind the run wrote.
    pub number: u32,
    /// What its rows are.
    pub kind: PartKind,
}

impl Part {
    /// Parses a relative path; `None` if it is not that of a part.
    pub fn parse(path: &str) -> Option<Self> {
        let mut segments = path.rsplit('/');
        let stem = segments.next()?.strip_suffix(".parquet")?;
        let hour_of_day: i64 = segments.next()?.strip_prefix("hour=")?.parse().ok()?;
        let mut day = segments.next()?.strip_prefix("date=")?.split('-');
        let (year, month, day_of_month) = (day.next()?.parse().ok()?, day.next()?.parse().ok()?, day.next()?.parse().ok()?);
        let table = path.split("/date=").next()?;
        let mut words = stem.split('-');
        let (run, number) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let kind = [PartKind::Settled, PartKind::Pending].into_iter().find(|kind| words.clone().next() == Some(kind.name()))?;
        let hour = u32::try_from((date_start(year, month, day_of_month) + hour_of_day * HOUR_MS) / HOUR_MS).ok()?;
        let part = Self { table: table.into(), hour, run, number, kind };
        (part.to_string() == path).then_some(part)
    }

    /// The day of its rows, from the epoch.
    pub fn day(&self) -> u32 {
        self.hour / DAY_HOURS
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(i64::from(self.hour) * HOUR_MS);
        let Self { table, hour, run, number, kind } = self;
        let hour = hour % DAY_HOURS;
        write!(f, "{table}/date={year:04}-{month:02}-{day:02}/hour={hour:02}/{run:08}-{number:04}-{}.parquet", kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_by_its_path() {
        let part = Part { table: "traffic".into(), hour: 478_913, run: 12, number: 3, kind: PartKind::Pending };
        assert_eq!(part.to_string(), "traffic/date=2024-08-19/hour=17/00000012-0003-pending.parquet");
        assert_eq!(Part::parse(&part.to_string()), Some(part));
        let deep = Part { table: "state/flows".into(), hour: 0, run: 1, number: 0, kind: PartKind::Settled };
        assert_eq!(Part::parse(&deep.to_string()), Some(deep));
    }

    #[test]
    fn other_files_are_no_parts() {
        for path in [
            "",
            "traffic/00000012-0003-pending.parquet",
            "traffic/date=2024-08-19/hour=17/00000012-0003-other.parquet",
            "traffic/date=2024-08-19/hour=7/00000012-0003-settled.parquet",
            "traffic/date=2024-13-19/hour=17/00000012-0003-settled.parquet",
            "traffic/date=2024-08-19/hour=17/.tmp-1.parquet",
        ] {
            assert_eq!(Part::parse(path), None, "{path}");
        }
    }
}
