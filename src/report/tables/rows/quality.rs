//! Rows about the logs themselves: capture points, hours, rejects, how good what was read is.

use crate::report::tables::cells::Cells;
use crate::schema::tables::Tables;
use crate::schema::units::HOUR_MS;

pub fn capture_points(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.capture_points {
        cells.text(&row.log_resource)?;
        cells.text(&row.target_resource)?;
        cells.text(&row.mac)?;
        cells.text(row.format.name())?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.value(row.records)?;
        cells.value(row.tuples)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn coverage(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.coverage {
        cells.text(&row.log_resource)?;
        cells.text(&row.mac)?;
        cells.time(i64::from(row.hour) * HOUR_MS)?;
        cells.value(row.records)?;
        cells.value(row.tuples)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn data_quality(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.data_quality {
        cells.text(&row.log_resource)?;
        cells.text(&row.mac)?;
        cells.text(row.format.name())?;
        let states = &row.states;
        let counts = [
            row.hours,
            row.hours_without,
            row.gap_hours_max,
            states.begin,
            states.continuing,
            states.end,
            states.denied,
            states.unstated,
            row.tuples_unmeasured,
            row.tuples_late,
            row.tuples_early,
        ];
        counts.into_iter().try_for_each(|count| cells.value(count))?;
        cells.known(row.lag_min_ms)?;
        cells.known(row.lag_max_ms)?;
        cells.value(row.hours_replaced)?;
        cells.text(&row.remarks)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn rejects(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.rejects {
        let reject = &row.reject;
        cells.text(&row.blob)?;
        cells.value(reject.record)?;
        cells.known(reject.flow)?;
        cells.known(reject.group)?;
        cells.known(reject.tuple)?;
        cells.value(reject.byte_offset)?;
        cells.text(reject.reason.name())?;
        cells.text(&reject.text)?;
        cells.end_row()?;
    }
    Ok(())
}
