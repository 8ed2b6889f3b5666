//! Rows as JSON: one object per row in the order of the columns, in an array or line by line. Unknown is null, whole numbers are exact.

use std::io::Write;

use crate::schema::cell::Cell;
use crate::schema::units::rfc3339;

/// JSON that is being written.
pub struct JsonRows<'w> {
    out: &'w mut dyn Write,
    /// Each column's name as JSON, with its colon.
    keys: Vec<String>,
    is_array: bool,
    is_first: bool,
    line: String,
}

impl<'w> JsonRows<'w> {
    /// An array of objects, one a line.
    pub fn array(columns: &[String], out: &'w mut dyn Write) -> csv::Result<Self> {
        out.write_all(b"[")?;
        Ok(Self { is_array: true, ..Self::lines(columns, out) })
    }

    /// An object a line.
    pub fn lines(columns: &[String], out: &'w mut dyn Write) -> Self {
        let keys = columns.iter().map(|column| format!("{}:", quoted(column))).collect();
        Self { out, keys, is_array: false, is_first: true, line: String::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> csv::Result<()> {
        self.line.clear();
        if self.is_array {
            self.line.push_str(if self.is_first { "\n" } else { ",\n" });
        }
        self.is_first = false;
        for (at, (key, cell)) in self.keys.iter().zip(cells).enumerate() {
            self.line.push(if at == 0 { '{' } else { ',' });
            self.line.push_str(key);
            push(&mut self.line, cell);
        }
        self.line.push_str(if self.is_array { "}" } else { "}\n" });
        Ok(self.out.write_all(self.line.as_bytes())?)
    }

    /// Writes the end.
    pub fn finish(self) -> csv::Result<()> {
        if self.is_array {
            self.out.write_all(if self.is_first { b"]\n" } else { b"\n]\n" })?;
        }
        Ok(self.out.flush()?)
    }
}

/// A cell as JSON.
pub fn text(cell: &Cell<'_>) -> String {
    let mut text = String::new();
    push(&mut text, cell);
    text
}

fn push(line: &mut String, cell: &Cell<'_>) {
    match cell {
        Cell::Unknown => line.push_str("null"),
        Cell::Text(text) => line.push_str(&quoted(text)),
        Cell::Integer(number) => line.push_str(&number.to_string()),
        // JSON has no word for what is no number.
        Cell::Real(number) => line.push_str(&serde_json::Value::from(*number).to_string()),
        Cell::Time(time) => line.push_str(&quoted(&rfc3339(*time))),
        Cell::Flag(flag) => line.push_str(if *flag { "true" } else { "false" }),
        Cell::List(cells) => {
            line.push('[');
            for (at, cell) in cells.iter().enumerate() {
                if at > 0 {
                    line.push(',');
                }
                push(line, cell);
            }
            line.push(']');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
