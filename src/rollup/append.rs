//! Appends the rows of one Partial to those of another.
//!
//! Goes in: two Partials. Comes out: one with the rows of both; no rows are merged.

use crate::schema::Partial;
use crate::schema::partial::{Contacts, Traffic};

use super::builder::{PartialBuilder, Translation};

/// Adds `from` to `into`: dictionaries are unified, rows translated, counts summed.
///
/// Each call builds the indexes of `into` anew; to add many Partials, keep one [`PartialBuilder`].
pub fn append(into: &mut Partial, from: Partial) {
    let mut builder = PartialBuilder::from(std::mem::take(into));
    builder.append(from);
    *into = builder.take();
}

pub(super) fn append_traffic(to: &mut Traffic, mut from: Traffic, translation: &Translation) {
    translate(&mut from.capture_point, &translation.capture_points);
    translate(&mut from.rule, &translation.rules);
    translate(&mut from.src_ip, &translation.addresses);
    translate(&mut from.dst_ip, &translation.addresses);
    from.encryption.iter_mut().for_each(|code| *code = translation.encryptions[usize::from(*code)]);
    join(&mut to.interval, from.interval);
    join(&mut to.capture_point, from.capture_point);
    join(&mut to.rule, from.rule);
    join(&mut to.direction, from.direction);
    join(&mut to.status, from.status);
    join(&mut to.protocol, from.protocol);
    join(&mut to.encryption, from.encryption);
    join(&mut to.src_ip, from.src_ip);
    join(&mut to.dst_ip, from.dst_ip);
    join(&mut to.dst_port, from.dst_port);
    join(&mut to.flows_started, from.flows_started);
    join(&mut to.flows_ended, from.flows_ended);
    join(&mut to.tuples, from.tuples);
    join(&mut to.tuples_unmeasured, from.tuples_unmeasured);
    join(&mut to.packets_src_to_dst, from.packets_src_to_dst);
    join(&mut to.bytes_src_to_dst, from.bytes_src_to_dst);
    join(&mut to.packets_dst_to_src, from.packets_dst_to_src);
    join(&mut to.bytes_dst_to_src, from.bytes_dst_to_src);
    join(&mut to.first_offset, from.first_offset);
    join(&mut to.last_offset, from.last_offset);
}

pub(super) fn append_contacts(to: &mut Contacts, mut from: Contacts, translation: &Translation) {
    translate(&mut from.capture_point, &translation.capture_points);
    translate(&mut from.src_ip, &translation.addresses);
    translate(&mut from.dst_ip, &translation.addresses);
    let starts_before = to.starts.len() as u32;
    from.starts_end.iter_mut().for_each(|end| *end = end.saturating_add(starts_before));
    join(&mut to.hour, from.hour);
    join(&mut to.capture_point, from.capture_point);
    join(&mut to.direction, from.direction);
    join(&mut to.status, from.status);
    join(&mut to.protocol, from.protocol);
    join(&mut to.src_ip, from.src_ip);
    join(&mut to.dst_ip, from.dst_ip);
    join(&mut to.dst_port, from.dst_port);
    join(&mut to.begins, from.begins);
    join(&mut to.answered, from.answered);
    join(&mut to.unanswered, from.unanswered);
    join(&mut to.unknown, from.unknown);
    join(&mut to.bytes_src_to_dst, from.bytes_src_to_dst);
    join(&mut to.bytes_dst_to_src, from.bytes_dst_to_src);
    join(&mut to.starts_end, from.starts_end);
    join(&mut to.starts, from.starts);
    join(&mut to.sizes, from.sizes);
}

fn translate(column: &mut [u32], to: &[u32]) {
    column.iter_mut().for_each(|index| *index = to[*index as usize]);
}

/// Appends a column; the first one is taken as it is.
fn join<T>(to: &mut Vec<T>, mut from: Vec<T>) {
    if to.is_empty() {
        *to = from;
    } else {
        to.append(&mut from);
    }
}
