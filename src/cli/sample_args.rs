//! The arguments of `sample`, and what they mean.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::UsageError;
use super::moment::moment;
use crate::sample;
use crate::schema::units::DAY_MS;

/// Arguments of `sample`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow sample --out demo --seed 1
  azflow sample --out big --seed 1 --size 2GB --interfaces 200 --hours 10
  azflow sample --out attacked --seed 7 --attacks      with labels.json")]
pub struct SampleArgs {
    /// Folder to write to; must be empty or new
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The same seed and options give the same bytes
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Which flow logs
    #[arg(long, value_enum, default_value = "both")]
    format: SampleFormatArg,
    /// First day (UTC)
    #[arg(long, value_name = "DATE", value_parser = moment, default_value = "2026-03-02")]
    start: i64,
    /// Hours of logs
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 400))]
    hours: u32,
    /// Logged NICs
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    interfaces: u32,
    /// Size to aim for, such as 3MB or 2GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<u64>,
    /// Add labelled attacks and labels.json
    #[arg(long)]
    attacks: bool,
    /// No closing line
    #[arg(long, short)]
    pub quiet: bool,
}

impl SampleArgs {
    /// What these arguments mean.
    pub fn settings(self) -> Result<sample::Settings, UsageError> {
        if self.start % DAY_MS != 0 {
            return Err(UsageError("--start takes a day, such as 2026-03-02"));
        }
        Ok(sample::Settings {
            out: self.out,
            seed: self.seed,
            format: match self.format {
                SampleFormatArg::Nsg => sample::SampleFormat::Nsg,
                SampleFormatArg::Vnet => sample::SampleFormat::Vnet,
                SampleFormatArg::Both => sample::SampleFormat::Both,
            },
            start: self.start,
            hours: self.hours,
            interfaces: self.interfaces,
            size: self.size,
            attacks: self.attacks,
        })
    }
}

/// `sample --format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SampleFormatArg {
    Nsg,
    Vnet,
    Both,
}

/// Parses `500KB`, `3MB`, `2GB` (powers of 1000) or a number of bytes.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no size such as 500KB, 3MB or 2GB");
    let upper = text.to_ascii_uppercase();
    let (number, unit) = [("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("", 1)]
        .into_iter()
        .find_map(|(ending, unit)| upper.strip_suffix(ending).map(|number| (number.to_owned(), unit)))
        .ok_or_else(wrong)?;
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_a_thousand() {
        assert_eq!((size("3MB"), size("2gb"), size("17")), (Ok(3_000_000), Ok(2_000_000_000), Ok(17)));
        assert!(["", "0", "x", "3TB5", "-1MB", "99999999999GB"].iter().all(|text| size(text).is_err()));
    }
}
