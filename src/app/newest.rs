//! Finds the newest tuple, which `--last` counts back from: the data's own clock, so that the same input gives the same window.

use rayon::prelude::*;

use crate::app::reading::Window;
use crate::decode::Decoder;
use crate::source::{SourceError, Unit};

/// The time of the newest tuple in `units` that lies before `to`, ms since the epoch. A store that throttles is an error.
pub fn newest_time(units: &[Unit], to: Option<i64>) -> Result<Option<i64>, SourceError> {
    units
        .par_iter()
        .map_init(
            || (Window::default(), Decoder::default()),
            |(window, decoder), unit| {
                let mut newest = None;
                for blob in &unit.blobs {
                    let read = &mut |batch: &crate::schema::FlowBatch, _: &crate::schema::Dictionary| {
                        let times = batch.tuples.iter().map(|tuple| tuple.time);
                        newest = newest.max(times.filter(|time| to.is_none_or(|to| *time < to)).max());
                    };
                    // What cannot be read is told by the run that counts.
                    if let Some(stop) = window.read(blob, decoder, read, &mut |_| {}).stop {
                        return Err(stop);
                    }
                }
                decoder.reset();
                Ok(newest)
            },
        )
        .try_reduce(|| None, |one, other| Ok(one.max(other)))
}
