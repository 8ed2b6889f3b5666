//! A value of a row whose columns are known only when it is asked for: what an answer to a query consists of.
//!
//! Goes in: nothing. Comes out: the type that passes from who computes an answer to who writes it. Knows no format.

use std::borrow::Cow;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Unknown,
    /// A text.
    Text(Cow<'a, str>),
    /// A number without decimals, of any width.
    Integer(i128),
    /// A number with decimals.
    Real(f64),
    /// A moment, ms since the epoch.
    Time(i64),
    /// True or false.
    Flag(bool),
    /// Several values.
    List(Vec<Cell<'a>>),
}

impl<'a> Cell<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }
}
