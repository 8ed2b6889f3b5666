//! The rows of the table of what changed.

use super::super::cells::Cells;
use crate::schema::previous::Amount;
use crate::schema::tables::Tables;

pub fn changes(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.changes {
        cells.text(row.kind.name())?;
        cells.text(&row.name)?;
        cells.text(row.change.name())?;
        let bytes = |amount: Option<Amount>| amount.and_then(|amount| amount.known_bytes());
        cells.known(bytes(row.before))?;
        cells.known(bytes(row.now))?;
        cells.known(row.bytes_difference())?;
        cells.known(row.before.map(|amount| amount.flows))?;
        cells.known(row.now.map(|amount| amount.flows))?;
        cells.known(row.flows_difference())?;
        cells.end_row()?;
    }
    Ok(())
}
