//! Every chart, drawn from ordinary, hostile, empty, unmeasured and vast data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use resvg::usvg::roxmltree::{Document, Node};

use super::*;
use crate::report::fixture::{self, Fixture};

fn all_fixtures() -> [Fixture; 6] {
    [fixture::day(), fixture::compared(), fixture::hostile(), fixture::empty(), fixture::unmeasured(), fixture::vast()]
}

fn drawn(fixture: &Fixture) -> Vec<Drawn> {
    draw_all(&fixture.input()).expect("charts")
}

fn chart_of(name: &str, fixture: &Fixture) -> Chart {
    let entry = CHARTS.iter().find(|entry| entry.name == name).expect("chart");
    (entry.chart)(&fixture.input())
}

fn number(node: &Node, name: &str) -> f64 {
    node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

#[test]
fn chart_names_are_unique() {
    let names: BTreeSet<_> = CHARTS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), CHARTS.len());
}

#[test]
fn every_svg_is_well_formed_and_holds_no_element_of_a_log() {
    for fixture in all_fixtures() {
        for chart in drawn(&fixture) {
            for svg in [&chart.svg, &chart.inline()] {
                let document = Document::parse(svg).expect("XML");
                let known = ["svg", "rect", "line", "polyline", "polygon", "circle", "text"];
                assert!(document.descendants().filter(Node::is_element).all(|node| known.contains(&node.tag_name().name())));
                assert!(document.descendants().all(|node| node.attribute("id").is_none()));
                assert!(!svg.contains("alert(1)<") && svg.chars().all(|c| c == '\n' || !c.is_control()));
            }
        }
    }
}

#[test]
fn nothing_is_drawn_outside_the_picture() {
    for fixture in all_fixtures() {
        for chart in drawn(&fixture) {
            let document = Document::parse(&chart.svg).expect("XML");
            let (width, height) = (number(&document.root_element(), "width"), number(&document.root_element(), "height"));
            for node in document.descendants().filter(|node| node.has_tag_name("rect")) {
                let (right, bottom) = (number(&node, "x") + number(&node, "width"), number(&node, "y") + number(&node, "height"));
                assert!(right <= width && bottom <= height && number(&node, "x") >= 0.0, "{}: {node:?}", chart.entry.name);
            }
            for node in document.descendants().filter(|node| node.has_tag_name("text") && !node.has_attribute("transform")) {
                let style = canvas::Type {
                    size: number(&node, "font-size") as i32,
                    bold: node.has_attribute("font-weight"),
                    ink: canvas::TEXT,
                };
                let wide = f64::from(style.width(node.text().unwrap_or("").trim()));
                let left = match node.attribute("text-anchor") {
                    Some("end") => number(&node, "x") - wide,
                    Some("middle") => number(&node, "x") - wide / 2.0,
                    _ => number(&node, "x"),
                };
                assert!(
                    left >= 0.0 && left + wide <= width + 2.0,
                    "{}: {:?} from {left} to {}",
                    chart.entry.name,
                    node.text(),
                    left + wide
                );
            }
        }
    }
}

#[test]
fn pngs_are_twice_the_size_of_their_svg() {
    let charts = drawn(&fixture::day());
    let files = Mutex::new(BTreeMap::new());
    let take = |file: OutputFile| {
        files.lock().expect("no thread failed").insert(file.path, file.bytes);
        Ok::<(), ReportError>(())
    };
    each_file(&charts, &take).expect("files");
    let files = files.into_inner().expect("no thread failed");
    assert_eq!(files.len(), 2 * charts.len());
    for chart in &charts {
        let [svg, png] = ["svg", "png"].map(|kind| &files[&format!("charts/{}.{kind}", chart.entry.name)]);
        assert_eq!(svg, chart.svg.as_bytes());
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((side(16), side(20)), (2 * canvas::WIDTH as u32, 2 * chart.height as u32));
    }
}

#[test]
fn titles_say_what_the_data_say() {
    let title = |name| chart_of(name, &fixture::day()).title;
    assert_eq!(title("traffic_over_time"), "16.1 GiB, 3 % in the 10 min from 2024-08-19 18:10 UTC; 51 % of flows denied");
    assert_eq!(title("top_addresses"), "10.0.2.4 takes part in 30 % of 16.1 GiB");
    assert_eq!(title("top_rules"), "51 % of 17,282 flows are denied, 68 % of those by DefaultRule_DenyAllInBound");
    assert_eq!(title("rule_usage"), "2 of 5 logged rules were never hit; most in web-nsg (1)");
    assert_eq!(title("activity"), "2 of 4 subnets and 12 of 14 interfaces have traffic");
    assert_eq!(title("encryption"), "63 % of 4.9 GiB is encrypted by the VNet, where the logs say so");
    assert_eq!(title("gateways"), "vpn-hub · to-berlin carries most, 1.4 GiB; 1 of 3 connections without traffic");
    assert_eq!(title("coverage"), "None of 12 capture points logged in every hour: together they lack 48 of 288 hours");
}

#[test]
fn a_place_of_several_addresses_has_no_share_since_its_inner_traffic_counts_twice() {
    for name in ["top_subnets", "vnets", "scale_sets"] {
        let title = chart_of(name, &fixture::day()).title;
        assert!(title.contains(" moves most: it receives ") && !title.contains('%'), "{name}: {title}");
    }
}

#[test]
fn every_chart_names_the_way_its_table_is_counted() {
    let fixture = fixture::day();
    for chart in drawn(&fixture) {
        let name = chart.entry.name;
        let subtitle = chart_of(name, &fixture).subtitle;
        let ways = [" · observed: ", " · deduplicated: "].map(|way| subtitle.contains(way));
        let is_observed = ["top_interfaces", "top_rules", "rule_usage", "coverage", "data_quality"].contains(&name);
        assert_eq!(ways, [is_observed, !is_observed], "{name}: {subtitle}");
    }
}

#[test]
fn hours_that_another_log_of_the_interface_supplies_are_told_at_the_capture_point() {
    let mut fixture = fixture::day();
    fixture.tables.data_quality.iter_mut().for_each(|row| row.hours_replaced = 0);
    let twice = |chart: &Chart| {
        let Picture::Bars(bars) = &chart.picture else { panic!("no bars") };
        let said = bars.bars.iter().filter(|bar| bar.note.contains(" · 3 h logged twice")).count();
        (said, chart.notes.iter().any(|note| note.starts_with("Logged twice: ")))
    };
    assert_eq!(twice(&chart_of("data_quality", &fixture)), (0, false));
    let odd = &mut fixture.tables.data_quality[0];
    (odd.hours_replaced, odd.remarks) = (3, "another flow log of the same interface is counted instead in some hours".into());
    assert_eq!(twice(&chart_of("data_quality", &fixture)), (1, true));
}

#[test]
fn an_interval_without_a_row_is_a_gap_and_one_of_zero_is_not() {
    let mut fixture = fixture::day();
    fixture.tables.traffic_over_time[0].measures = Default::default();
    let Picture::Mirror(mirror) = chart_of("traffic_over_time", &fixture).picture else { panic!("not a mirror") };
    for plot in &mirror.plots {
        assert_eq!(plot.values.len(), 144);
        assert_eq!(plot.values[0], Some([0, 0]));
        assert!(plot.values[30..48].iter().all(Option::is_none));
        assert_eq!(plot.values.iter().flatten().count(), 126);
    }
}

#[test]
fn the_period_before_is_dashed_over_the_window_and_anomalies_are_marked() {
    let fixture = fixture::compared();
    let Picture::Mirror(mirror) = chart_of("traffic_over_time", &fixture).picture else { panic!("not a mirror") };
    let first = &fixture.tables.traffic_over_time[0].measures;
    assert_eq!(mirror.plots[0].before[0], Some([first.bytes_received / 3 * 2, first.bytes_sent]));
    assert_eq!(mirror.plots[1].before[0], mirror.plots[1].values[0], "the same flows");
    assert!(mirror.plots[0].before[30].is_none());
    assert_eq!(mirror.anomalies.iter().map(|(_, count)| count).sum::<u64>(), 1);
    let svg = |fixture: &Fixture| drawn(fixture).swap_remove(0).svg;
    assert!(svg(&fixture).contains("stroke-dasharray=\"5 3\"") && svg(&fixture).contains("anomalies"));
    assert!(!svg(&fixture::day()).contains("stroke-dasharray"));
}

#[test]
fn a_period_before_without_a_tuple_draws_no_line_and_says_so() {
    let mut fixture = fixture::compared();
    fixture.previous.as_mut().expect("there").summary.tuples_kept = 0;
    let chart = chart_of("traffic_over_time", &fixture);
    assert!(chart.notes.iter().any(|note| note.starts_with("No tuple in the 24 h before (2024-08-18 00:00 to ")));
    let Picture::Mirror(mirror) = chart.picture else { panic!("not a mirror") };
    assert!(mirror.plots.iter().all(|plot| plot.before.is_empty()));
}

#[test]
fn without_any_measured_byte_flows_are_drawn_and_it_is_said() {
    let fixture = fixture::unmeasured();
    for name in ["traffic_over_time", "top_addresses", "top_subnets", "subnet_matrix", "top_interfaces"] {
        let chart = chart_of(name, &fixture);
        assert!(chart.notes.iter().any(|note| note.contains("No bytes were measured")), "{name}");
        assert!(chart.title.contains("flow") && !chart.title.contains(" 0 B"), "{name}: {}", chart.title);
        assert!(chart.notes.iter().any(|note| note.contains("1,204 tuples carry no counters")), "{name}");
    }
}

#[test]
fn empty_tables_are_pictures_that_say_why() {
    for entry in CHARTS {
        let chart = (entry.chart)(&fixture::empty().input());
        let Picture::Nothing(why) = chart.picture else { panic!("{} draws nothing", entry.name) };
        assert_eq!(why, "no tuple in 1 blob");
    }
}

#[test]
fn a_chart_that_lacks_an_input_names_the_option_that_gives_it() {
    let mut fixture = fixture::unmeasured();
    fixture.tables.traffic_by_country.retain(|row| row.name.is_empty());
    let why = |name| match chart_of(name, &fixture).picture {
        Picture::Nothing(why) => why,
        _ => panic!("{name} draws something"),
    };
    assert_eq!(why("countries"), "no geo database was given: --geo PATH.mmdb");
    assert_eq!(why("world"), "no geo database was given: --geo PATH.mmdb");
    assert_eq!(why("azure_regions"), "no service tags were given: --service-tags PATH.json");
    for name in ["scale_sets", "gateways", "load_balancers", "activity", "rule_usage"] {
        assert_eq!(why(name), "no topology was given: --topology PATH", "{name}");
    }
    assert_eq!(why("encryption"), "no log states it: only VNet flow logs do");
}

#[test]
fn malicious_flows_have_their_own_ink_and_are_drawn_once() {
    let fixture = fixture::day();
    let Picture::Bars(bars) = chart_of("exposed_sources", &fixture).picture else { panic!("not bars") };
    assert_eq!(bars.parts.len(), 3);
    let drawn: u64 = bars.bars.iter().chain(&bars.other).flat_map(|bar| &bar.values).sum();
    assert_eq!(drawn, fixture.tables.exposed_sources.iter().map(|row| row.measures.flows()).sum::<u64>());
    // 203.0.113.8, seed 0: 40 flows in and 64 out at each of two ports, of which 40 are malicious.
    assert_eq!(bars.bars[1].values, [128, 0, 80]);
    let Picture::Bars(ports) = chart_of("top_ports", &fixture).picture else { panic!("not bars") };
    assert_eq!(ports.parts.len(), 2, "no port has a malicious flow");
}

#[test]
fn conversations_inside_and_outside_share_no_bar() {
    let fixture = fixture::day();
    let labels = |name| match chart_of(name, &fixture).picture {
        Picture::Bars(bars) => bars.bars.into_iter().map(|bar| bar.label).collect::<BTreeSet<_>>(),
        _ => panic!("{name} draws no bars"),
    };
    let (inside, outside) = (labels("conversations_internal"), labels("conversations_external"));
    assert!(inside.is_disjoint(&outside));
    assert!(outside.iter().all(|label| label.contains("203.0.113.")) && outside.len() == 10);
}

#[test]
fn a_window_of_years_stays_legible_and_small() {
    let fixture = fixture::vast();
    for chart in drawn(&fixture) {
        assert!(chart.svg.len() < 1_500_000 && chart.height < 1_200, "{}: {} bytes", chart.entry.name, chart.svg.len());
    }
    let Picture::Strips(strips) = chart_of("coverage", &fixture).picture else { panic!("not strips") };
    assert_eq!(strips.lines.len(), kind::strips::LINES_MAX);
    let Picture::Mirror(mirror) = chart_of("traffic_over_time", &fixture).picture else { panic!("not a mirror") };
    assert!(mirror.plots[0].values.len() <= kind::mirror::STEPS_MAX);
}

#[test]
fn bars_and_the_rest_add_up_to_the_table() {
    let fixture = fixture::day();
    let Picture::Bars(bars) = chart_of("top_addresses", &fixture).picture else { panic!("not bars") };
    let drawn: u64 = bars.bars.iter().chain(&bars.other).flat_map(|bar| &bar.values).sum();
    assert_eq!(drawn, fixture.tables.traffic_by_ip.iter().map(|row| row.measures.bytes()).sum::<u64>());
}

#[test]
fn coverage_of_whole_hours_says_so() {
    let mut fixture = fixture::day();
    fixture.tables.coverage.retain(|row| row.hour % 24 < 5 && !row.mac.ends_with("59"));
    assert_eq!(chart_of("coverage", &fixture).title, "11 capture points logged in every one of 5 hours");
}
