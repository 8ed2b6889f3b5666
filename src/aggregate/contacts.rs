//! Drops the contacts that nobody looks at, once it is known which addresses are local.
//!
//! Goes in: contacts of all pieces. Comes out: the same without outbound ones to local addresses on ports of no interest, where those are
//! many. The rollup keeps them all, since it knows one unit of work and not who is local.

use rayon::prelude::*;

use super::dataset::Dataset;
use crate::enrich::Endpoints;
use crate::rollup::is_contact_port;
use crate::schema::Direction;
use crate::schema::partial::Contacts;

/// From which share of a piece's contacts they are dropped: one in so many. Unit: contacts; range 1 and up. Fewer would move all the others for
/// little memory.
const DROPPED_ONE_IN: usize = 8;

impl Dataset {
    /// Drops the contacts that nobody looks at. Who reads contacts passes over those that stay: a piece with few of them is left as it
    /// is.
    pub fn drop_local_contacts(&mut self, endpoints: &Endpoints) {
        let is_local: Vec<bool> = endpoints.rows.iter().map(|endpoint| endpoint.is_local).collect();
        self.contacts.par_iter_mut().for_each(|contacts| {
            let kept: Vec<u32> =
                (0..contacts.rows()).filter(|row| looked_at(contacts, *row, &is_local)).map(|row| row as u32).collect();
            if (contacts.rows() - kept.len()) * DROPPED_ONE_IN >= contacts.rows() {
                keep_rows(contacts, &kept);
            }
        });
        self.contacts.retain(|contacts| contacts.rows() > 0);
    }
}

/// Whether anybody looks at a row of contacts: not at Outbound ones whose destination is local, unless on a contact port.
/// `is_local` is by number of the address.
pub(super) fn looked_at(contacts: &Contacts, row: usize, is_local: &[bool]) -> bool {
    !is_local[contacts.dst_ip[row] as usize]
        || contacts.direction[row] != Direction::Outbound as u8
        || is_contact_port(contacts.dst_port[row])
}

/// The rows of these numbers, which ascend.
pub(super) fn picked(contacts: &Contacts, rows: &[u32]) -> Contacts {
    if rows.is_empty() {
        return Contacts::default();
    }
    let mut picked = contacts.clone();
    keep_rows(&mut picked, rows);
    picked
}

/// Keeps the rows of these numbers, which ascend.
fn keep_rows(contacts: &mut Contacts, kept: &[u32]) {
    if kept.len() == contacts.rows() {
        return;
    }
    let kept_starts: Vec<u32> = kept.iter().flat_map(|row| contacts.starts_of(*row as usize)).map(|start| start as u32).collect();
    let mut end = 0;
    let ends = kept.iter().map(|row| {
        end += contacts.starts_of(*row as usize).len() as u32;
        end
    });
    contacts.starts_end = ends.collect();
    keep(&mut contacts.starts, &kept_starts);
    keep(&mut contacts.sizes, &kept_starts);
    keep(&mut contacts.hour, kept);
    keep(&mut contacts.capture_point, kept);
    keep(&mut contacts.direction, kept);
    keep(&mut contacts.status, kept);
    keep(&mut contacts.protocol, kept);
    keep(&mut contacts.src_ip, kept);
    keep(&mut contacts.dst_ip, kept);
    keep(&mut contacts.dst_port, kept);
    keep(&mut contacts.begins, kept);
    keep(&mut contacts.answered, kept);
    keep(&mut contacts.unanswered, kept);
    keep(&mut contacts.unknown, kept);
    keep(&mut contacts.bytes_src_to_dst, kept);
    keep(&mut contacts.bytes_dst_to_src, kept);
}

/// Keeps the items of the places `kept`, which ascend, and gives back the memory of the others. Each moves without a branch, which would be
/// guessed wrong as often as not.
fn keep<T: Copy>(column: &mut Vec<T>, kept: &[u32]) {
    for (to, from) in kept.iter().enumerate() {
        column[to] = column[*from as usize];
    }
    column.truncate(kept.len());
    column.shrink_to_fit();
}
