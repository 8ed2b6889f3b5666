//! How long the steps of a command took: for the terminal only, since outputs do not depend on time.

use std::time::{Duration, Instant};

/// Times one step after the other.
pub struct Stopwatch {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Stopwatch {
    /// Starts the first step.
    pub fn start() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }

    /// Ends the step `name` and starts the next one.
    pub fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.last));
        self.last = now;
    }

    /// All steps in one line.
    pub fn line(&self) -> String {
        let total: Duration = self.laps.iter().map(|(_, time)| *time).sum();
        let laps: Vec<String> = self.laps.iter().map(|(name, time)| format!("{name} {:.1} s", time.as_secs_f64())).collect();
        format!("took {:.1} s: {}", total.as_secs_f64(), laps.join(", "))
    }
}
