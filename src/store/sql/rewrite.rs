//! Makes of a judged query what polars runs: moments in the form that it compares, and an order that leaves nothing open.
//!
//! Goes in: the parsed query. Comes out: the text of one that asks the same. Judges nothing.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query, Select, SetExpr,
    TableFactor, Value, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut,
};

/// The query with other comparisons of the columns `times` with texts: polars compares a moment that stands on the right, without its
/// `Z`. `None` where none had to change.
pub(super) fn moments(query: &Query, times: &[&str]) -> Option<Query> {
    let mut query = query.clone();
    let mut moments = Moments { times, has_changed: false };
    let _ = VisitMut::visit(&mut query, &mut moments);
    moments.has_changed.then_some(query)
}

struct Moments<'a> {
    times: &'a [&'a str],
    has_changed: bool,
}

impl Moments<'_> {
    fn is_time(&self, expr: &Expr) -> bool {
        let name = match expr {
            Expr::Identifier(name) => Some(name),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        name.is_some_and(|name| self.times.contains(&name.value.as_str()))
    }
}

impl VisitorMut for Moments<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op, right } if self.is_time(left) && is_comparison(op) => {
                self.has_changed |= without_z(right);
            }
            Expr::BinaryOp { left, op, right } if self.is_time(right) && is_comparison(op) && is_text(left) => {
                self.has_changed = true;
                without_z(left);
                std::mem::swap(left, right);
                *op = turned(op);
            }
            Expr::Between { expr, low, high, .. } if self.is_time(expr) => {
                self.has_changed |= without_z(low);
                self.has_changed |= without_z(high);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)))
}

/// Takes the `Z` from the end of a text that is a moment in UTC; whether there was one.
fn without_z(expr: &mut Expr) -> bool {
    if let Expr::Value(value) = expr
        && let Value::SingleQuotedString(text) = &mut value.value
        && text.len() > "2026-03-02T".len()
        && text.as_bytes()[0].is_ascii_digit()
        && text.ends_with(['Z', 'z'])
    {
        text.pop();
        return true;
    }
    false
}

const COMPARISONS: [(BinaryOperator, BinaryOperator); 6] = [
    (BinaryOperator::Eq, BinaryOperator::Eq),
    (BinaryOperator::NotEq, BinaryOperator::NotEq),
    (BinaryOperator::Lt, BinaryOperator::Gt),
    (BinaryOperator::LtEq, BinaryOperator::GtEq),
    (BinaryOperator::Gt, BinaryOperator::Lt),
    (BinaryOperator::GtEq, BinaryOperator::LtEq),
];

fn is_comparison(op: &BinaryOperator) -> bool {
    COMPARISONS.iter().any(|(one, _)| one == op)
}

/// The comparison that says the same with its sides swapped.
fn turned(op: &BinaryOperator) -> BinaryOperator {
    COMPARISONS.iter().find(|(one, _)| one == op).map_or_else(|| op.clone(), |(_, other)| other.clone())
}

/// The query with every column of its answer at the end of its order, so that the same rows come in the same order each time; `columns`
/// are their names, `None` for one that cannot be sorted by. No column stands there twice: polars breaks off where one does.
///
/// `None` where the order is that of the rows of one table: those are read in the order of their files, and are not held in memory to be
/// sorted.
pub(super) fn ordered(query: &Query, columns: &[Option<&str>]) -> Option<Query> {
    let given = match &query.order_by {
        None if is_plain(query) => return None,
        None => Vec::new(),
        Some(OrderBy { kind: OrderByKind::Expressions(exprs), .. }) if !is_all(exprs) => exprs.clone(),
        Some(_) => return None,
    };
    let further = (1..=columns.len()).map(|place| OrderByExpr {
        expr: Expr::value(Value::Number(place.to_string(), false)),
        options: OrderByOptions { asc: None, nulls_first: None },
        with_fill: None,
    });
    let further = further.zip(columns).filter(|(_, column)| column.is_some()).map(|(by, _)| by);
    let mut named = BTreeSet::new();
    let mut exprs: Vec<OrderByExpr> = given.into_iter().chain(further).collect();
    exprs.retain(|by| name(&by.expr, columns).is_none_or(|name| named.insert(name)));
    let mut query = query.clone();
    query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(exprs), interpolate: None });
    Some(query)
}

/// The column that an order names, by its name or place.
fn name(by: &Expr, columns: &[Option<&str>]) -> Option<String> {
    match by {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
        Expr::Value(ValueWithSpan { value: Value::Number(place, _), .. }) => {
            let place: usize = place.parse().ok()?;
            columns.get(place.checked_sub(1)?)?.map(str::to_owned)
        }
        _ => None,
    }
}

/// Whether an order is `ALL`, which is complete.
fn is_all(exprs: &[OrderByExpr]) -> bool {
    matches!(exprs, [OrderByExpr { expr: Expr::Identifier(name), .. }] if name.value.eq_ignore_ascii_case("all"))
}

/// Whether the answer is rows of one table, in its order.
fn is_plain(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let Select { distinct: None, group_by: GroupByExpr::Expressions(keys, _), qualify: None, from, .. } = select.as_ref() else {
        return false;
    };
    let is_one_table =
        matches!(from.as_slice(), [one] if one.joins.is_empty() && matches!(one.relation, TableFactor::Table { .. }));
    query.with.is_none() && keys.is_empty() && is_one_table && Visit::visit(query, &mut Windows).is_continue()
}

/// Stops at a window function.
struct Windows;

impl Visitor for Windows {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(Function { over: Some(_), .. }) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
