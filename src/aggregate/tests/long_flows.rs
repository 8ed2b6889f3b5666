//! Connections stitched from the pieces of several units, by hand and held against a plain twin.

use super::build::*;
use crate::schema::Direction;
use crate::schema::partial::{OpenFlow, Partial};
use crate::schema::tables::LongFlowRow;
use crate::schema::units::{HOUR_MS, MINUTE_MS};

const A: &str = "10.0.0.4";
const B: &str = "10.0.0.5";
const PUBLIC: &str = "203.0.113.9";

/// What one unit of work tells of a connection from port 50000 to port 443: where, and from when to when in minutes.
#[derive(Clone, Copy, Debug)]
struct Piece {
    mac: &'static str,
    direction: Direction,
    src: &'static str,
    dst: &'static str,
    minutes: (i64, i64),
    begun: bool,
    ended: bool,
    bytes: u64,
}

fn piece(from: i64, to: i64) -> Piece {
    let (mac, direction) = ("A", Direction::Outbound);
    Piece { mac, direction, src: A, dst: PUBLIC, minutes: (from, to), begun: false, ended: false, bytes: 10 }
}

fn begun(piece: Piece) -> Piece {
    Piece { begun: true, ..piece }
}

fn ended(piece: Piece) -> Piece {
    Piece { ended: true, ..piece }
}

/// Traffic by which A and B own their addresses and log both directions in each of `hours`.
fn background(hours: u32) -> Vec<Row> {
    let of_hour = |hour: u32| {
        let both = |mac, ip| [outbound(mac, ip, PUBLIC, 443), inbound(mac, PUBLIC, ip, 443)];
        [both("A", A), both("B", B)].concat().into_iter().map(move |row| row.at(hour * 6))
    };
    (0..hours).flat_map(of_hour).collect()
}

/// One Partial per piece, after one with `rows`.
fn partials(rows: &[Row], pieces: &[Piece]) -> Vec<Partial> {
    let of_piece = |piece: &Piece| {
        let mut partial = partial(&[outbound(piece.mac, piece.src, piece.dst, 443).flows(0)]);
        partial.traffic = Default::default();
        partial.coverage.clear();
        partial.open_flows.push(OpenFlow {
            capture_point: 0,
            src_ip: 0,
            dst_ip: 1,
            src_port: 50_000,
            dst_port: 443,
            protocol: 6,
            direction: piece.direction as u8,
            begun: piece.begun,
            ended: piece.ended,
            tuples_unmeasured: 1,
            first_time: piece.minutes.0 * MINUTE_MS,
            last_time: piece.minutes.1 * MINUTE_MS,
            packets_src_to_dst: 2,
            bytes_src_to_dst: piece.bytes,
            packets_dst_to_src: 3,
            bytes_dst_to_src: 7,
        });
        partial
    };
    std::iter::once(partial(rows)).chain(pieces.iter().map(of_piece)).collect()
}

fn long_flows(pieces: &[Piece]) -> Vec<LongFlowRow> {
    analyse(partials(&background(12), pieces), 100).tables.long_flows
}

/// From and to in minutes, whether begun and ended, bytes sent.
fn facts(rows: &[LongFlowRow]) -> Vec<(i64, i64, bool, bool, u64)> {
    let of_row = |r: &LongFlowRow| (r.first_time / MINUTE_MS, r.last_time / MINUTE_MS, r.is_begun, r.is_ended, r.bytes_sent);
    rows.iter().map(of_row).collect()
}

#[test]
fn the_pieces_of_three_hours_are_one_connection() {
    let rows = long_flows(&[ended(piece(121, 150)), begun(piece(30, 59)), piece(61, 119)]);
    assert_eq!(facts(&rows), [(30, 150, true, true, 30)]);
    let row = &rows[0];
    assert_eq!((row.bytes_received, row.packets, row.tuples_unmeasured), (21, 15, 3));
    assert_eq!((row.key.src_ip, row.key.dst_ip, row.key.dst_port, row.src_port), (address(A), address(PUBLIC), 443, 50_000));
    assert_eq!(
        (row.mac.as_str(), row.direction, row.src_is_local, row.dst_is_local),
        ("A", Some(Direction::Outbound), true, false)
    );
}

#[test]
fn a_connection_below_an_hour_is_not_long_and_one_piece_may_be() {
    assert_eq!(facts(&long_flows(&[begun(piece(30, 59)), ended(piece(60, 89))])), []);
    assert_eq!(facts(&long_flows(&[piece(0, 60)])), [(0, 60, false, false, 10)]);
    assert_eq!(facts(&long_flows(&[])), []);
}

#[test]
fn the_moment_of_a_begin_belongs_to_what_goes_on_with_it_and_alone_it_is_nothing() {
    assert_eq!(facts(&long_flows(&[begun(piece(0, 0)), piece(9, 60)])), [(0, 60, true, false, 20)]);
    assert_eq!(facts(&long_flows(&[begun(piece(0, 0)), piece(10, 59)])), []);
    assert_eq!(facts(&long_flows(&[begun(piece(0, 0)), begun(piece(90, 90))])), []);
    assert_eq!(facts(&long_flows(&[piece(0, 80), begun(piece(40, 40))])), [(0, 80, true, false, 20)]);
}

#[test]
fn a_pause_an_end_or_a_new_begin_parts_connections() {
    let after = |pause: i64| facts(&long_flows(&[begun(piece(0, 70)), piece(70 + pause, 150)]));
    assert_eq!(after(10), [(0, 150, true, false, 20)]);
    assert_eq!(after(11), [(0, 70, true, false, 10), (81, 150, false, false, 10)]);
    let rows = long_flows(&[ended(begun(piece(0, 70))), piece(71, 140)]);
    assert_eq!(facts(&rows), [(0, 70, true, true, 10), (71, 140, false, false, 10)]);
    let rows = long_flows(&[begun(piece(0, 70)), begun(piece(71, 150))]);
    assert_eq!(facts(&rows), [(71, 150, true, false, 10), (0, 70, true, false, 10)]);
}

#[test]
fn what_both_ends_logged_counts_at_the_source_and_at_the_destination_where_the_source_logged_nothing() {
    let at = |mac, direction, from, to| Piece { mac, direction, dst: B, ..piece(from, to) };
    let both = [at("A", Direction::Outbound, 0, 90), at("B", Direction::Inbound, 1, 91)];
    let rows = long_flows(&both);
    assert_eq!((facts(&rows), rows[0].mac.as_str()), (vec![(0, 90, false, false, 10)], "A"));
    assert!(rows[0].dst_is_local);

    let silent: Vec<Row> = background(2).into_iter().filter(|row| row.mac == "B").collect();
    let rows = analyse(partials(&silent, &both[1..]), 100).tables.long_flows;
    assert_eq!((facts(&rows), rows[0].direction), (vec![(1, 91, false, false, 10)], Some(Direction::Inbound)));
}

#[test]
fn two_logs_of_a_nic_tell_of_one_connection() {
    let rows = long_flows(&[begun(piece(0, 59)), begun(piece(0, 58)), ended(piece(61, 90)), ended(piece(61, 90))]);
    assert_eq!(facts(&rows), [(0, 90, true, true, 40)]);
}

/// Connections of one key as a reader would find them: each piece joins the connection before it, or begins one.
fn twin(pieces: &[Piece]) -> Vec<(i64, i64, bool, bool, u64)> {
    let mut pieces: Vec<Piece> = pieces.iter().copied().filter(|p| p.mac == "A" && p.direction == Direction::Outbound).collect();
    pieces.sort_by_key(|p| (p.minutes, p.begun, p.ended));
    let mut found: Vec<(i64, i64, bool, bool, u64)> = Vec::new();
    for p in pieces {
        let joins = found.last().is_some_and(|last| {
            let overlaps = p.minutes.0 < last.1;
            let follows = !p.begun && !last.3 && p.minutes.0 - last.1 <= 10;
            overlaps || follows
        });
        match found.last_mut() {
            Some(last) if joins => {
                let is_later = p.minutes.1 >= last.1;
                *last = (
                    last.0,
                    last.1.max(p.minutes.1),
                    last.2 || p.begun,
                    if is_later { p.ended } else { last.3 },
                    last.4 + p.bytes,
                );
            }
            _ => found.push((p.minutes.0, p.minutes.1, p.begun, p.ended, p.bytes)),
        }
    }
    found.retain(|c| (c.1 - c.0) * MINUTE_MS >= HOUR_MS);
    found.sort_by_key(|c| (c.0 - c.1, c.0));
    found
}

#[test]
fn random_pieces_are_stitched_as_the_twin_does() {
    let mut state = 5_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(11);
        ((state >> 33) % below) as i64
    };
    let mut rows = 0;
    for _ in 0..80 {
        let mut random = |_| {
            let from = next(600);
            let piece = Piece { bytes: 1 + next(9) as u64, ..piece(from, from + next(70) * next(3).min(1)) };
            let piece = if next(4) == 0 { begun(piece) } else { piece };
            let piece = if next(4) == 0 { ended(piece) } else { piece };
            // What the peer's own NIC logs of it, or this one Inbound, does not supply.
            match next(5) {
                0 => Piece { direction: Direction::Inbound, ..piece },
                1 => Piece { mac: "B", ..piece },
                _ => piece,
            }
        };
        let pieces: Vec<Piece> = (0..12).map(&mut random).collect();
        let found = facts(&long_flows(&pieces));
        assert_eq!(found, twin(&pieces), "{pieces:?}");
        rows += found.len();
    }
    assert!(rows > 60, "{rows}");
}
