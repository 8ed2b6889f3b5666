//! The page: its policy, its escaping, and what it leaves out.

use super::table::Row;
use super::*;
use crate::report::chart;
use crate::report::fixture::{self, Fixture, HOSTILE};
use crate::schema::FlowType;
use crate::schema::finding::{Evidence, Severity};
use crate::schema::tables::{CubeEnd, CubeRow, RulePairRow};

fn html(fixture: &Fixture) -> String {
    let input = fixture.input();
    let charts = chart::draw_all(&input).expect("charts");
    String::from_utf8(file(&input, &charts).expect("page").bytes).expect("UTF-8")
}

#[test]
fn the_policy_allows_exactly_the_style_and_the_script_of_the_page() {
    let page = html(&fixture::day());
    for (tag, asset) in [("style", &*assets::STYLE), ("script", &*assets::SCRIPT)] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        assert_eq!(page.matches(&open).count(), 1);
        let start = page.find(&open).expect("there") + open.len();
        assert_eq!(&page[start..start + page[start..].find(&close).expect("closed")], asset.text);
        let hash = &asset.hash;
        assert!(
            page.contains(&format!("{tag}-src '{}'", hash.replace('+', "&#43;")))
                || page.contains(&format!("{tag}-src '{hash}'"))
        );
    }
    assert!(page.contains("default-src 'none'"));
    for unsafe_thing in ["unsafe-inline", " style=\"", " onclick", "javascript:", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(unsafe_thing), "{unsafe_thing}");
    }
}

#[test]
fn the_page_names_no_address_on_the_network() {
    for fixture in [fixture::day(), fixture::hostile(), fixture::empty()] {
        let page = html(&fixture).replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\""));
    }
}

/// A cube of one row between a host and a public address, whose names try to end the script that they stand in.
fn cube(country: &str) -> Cube {
    let end = |is_local, country: &str| CubeEnd {
        addresses: 1,
        is_local,
        subnet: HOSTILE.into(),
        country: country.into(),
        ..CubeEnd::default()
    };
    Cube {
        start: fixture::start(),
        step_ms: 600_000,
        steps: 1,
        ends: vec![end(true, ""), end(false, country)],
        ports: vec![Some((443, 6))],
        rows: vec![CubeRow {
            step: 0,
            src: 0,
            dst: 1,
            port: 0,
            flow_type: FlowType::ExternalPublic,
            flows_allowed: 1,
            flows_denied: 0,
            bytes_sent: 2,
            bytes_received: 3,
            packets: 4,
            tuples_unmeasured: 0,
        }],
        cuts: vec![],
    }
}

fn html_with(cube: Cube) -> String {
    let mut fixture = fixture::day();
    fixture.tables.cube = cube;
    html(&fixture)
}

#[test]
fn a_page_with_a_cube_carries_the_library_that_draws_it_by_its_hash() {
    let page = html_with(cube("NL"));
    assert_eq!(page.matches("<script>").count(), 2, "library, script");
    for asset in [&*assets::ENGINE, &*assets::SCRIPT] {
        assert!(page.contains(&format!("<script>{}</script>", asset.text)));
        assert!(page.replace("&#43;", "+").contains(&format!("'{}'", asset.hash)));
    }
    assert!(page.contains("<script type=\"application/json\" id=\"world-shapes\">{\"type\":\"FeatureCollection\""));
    assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline") && !page.contains("unsafe-eval"));
    assert!(!html_with(cube("")).contains("id=\"world-shapes\""), "no country is known");
}

#[test]
fn a_page_without_traffic_has_neither_filters_nor_the_library() {
    let page = html_with(Cube::default());
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains("id=\"filters\"") && !page.contains("id=\"cube\"") && page.len() < 2_000_000);
}

#[test]
fn no_name_in_the_cube_ends_its_script() {
    let page = html_with(cube("NL"));
    let json = page.split("id=\"cube\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("the cube");
    let cube: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let subnet = cube["ends"][0][4].as_str().expect("a name");
    assert!(subnet.contains("</script><script>alert(1)</script>") && subnet.contains("evil\u{FFFD}😀"));
}

#[test]
fn the_scripts_set_texts_and_never_markup() {
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "setAttribute(\"style\"",
        "fetch(",
    ] {
        assert!(!assets::SCRIPT.text.contains(way), "{way}");
    }
    assert!(!assets::SCRIPT.text.contains("</script") && !assets::ENGINE.text.contains("</script"));
}

#[test]
fn cleaning_the_page_leaves_its_assets_as_their_hashes_say() {
    for text in [assets::STYLE.text, assets::SCRIPT.text, assets::ENGINE.text, assets::WORLD] {
        assert_eq!(without_hidden(text), text);
    }
}

#[test]
fn a_footer_stands_below_the_rows_and_loses_the_columns_that_they_lose() {
    let row = |cells: [&str; 3]| Row::new(cells.map(table::text).into());
    let view = TableView {
        label: "two rows".into(),
        rows: vec![row(["a", "", "1"]), row(["b", "", "2"])],
        footer: vec![row(["total", "", "3"])],
        ..TableView::default()
    };
    let view = view.with_columns(&["Name", "Nothing", "Some"]).without_empty_columns();
    assert_eq!(view.columns.len(), 2);
    let cells: Vec<&str> = view.footer[0].cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["total", "3"]);
    assert!(view.is_whole() && !TableView { label: "the 50 of 73 rows".into(), ..TableView::default() }.is_whole());
}

#[test]
fn no_text_of_a_log_becomes_markup_and_none_hides() {
    let page = html(&fixture::hostile());
    assert_eq!(page.matches("<script").count(), 3, "the script and its two texts of data");
    assert!(!page.contains("<script>alert") && !page.contains("</script><"));
    assert!(page.chars().all(|c| c == '\n' || words::shown(c) == c));
    assert!(page.contains("evil\u{FFFD}😀"), "{HOSTILE} is shown, cleaned");
}

#[test]
fn a_run_that_read_nothing_has_a_page_that_says_so() {
    let page = html(&fixture::empty());
    assert!(page.contains("no tuple in 1 blob") && page.contains("No finding") && page.contains("Unknown: there is no data"));
    assert!(!page.contains("<table"));
}

#[test]
fn bytes_that_nobody_measured_are_a_dash_and_never_a_zero() {
    let page = html(&fixture::unmeasured());
    assert!(page.contains(">not measured<") && page.contains("<td class=\"number\" data-key=\"0\">–</td>"));
    assert!(page.contains("Table: 73 addresses"));
    let empty = html(&fixture::empty());
    assert_eq!(empty.matches("<div class=\"value\">–</div>").count(), 6);
}

#[test]
fn tables_show_the_first_rows_and_name_the_file_with_all() {
    let page = html(&fixture::vast());
    let paths = fixture::vast().tables.subnet_matrix.len();
    assert!(page.contains(&format!("the 200 of {} paths with most bytes", words::count(paths as u64))));
    assert!(page.contains("<code>tables/traffic_by_subnet.csv</code>, 200 rows"));
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
}

#[test]
fn charts_without_data_are_named_with_their_reason_and_not_drawn() {
    let page = html(&fixture::unmeasured());
    assert!(page.contains("<dt>Gateways</dt><dd>no topology was given: --topology PATH</dd>"));
    assert!(!page.contains("id=\"gateways\"") && page.contains("id=\"top_ports\""));
}

#[test]
fn warnings_of_enrichment_files_stand_at_the_top_too() {
    let page = html(&fixture::day());
    assert!(page.contains("<li>blocklist.txt: 3 lines are no address and were passed over.</li>"));
    assert!(page.contains("<td>change number 360</td>") && page.contains("<dt><code>--asn PATH</code></dt>"));
    let hostile = html(&fixture::hostile());
    assert!(hostile.contains("<li>114 warnings more.</li>"), "four files with thirty warnings each, six shown");
}

#[test]
fn what_stands_between_back_quotes_in_a_finding_is_code() {
    let mut fixture = fixture::day();
    fixture.findings.findings[0].next_step = "List it with `azflow flows INPUT` & look.".into();
    fixture.findings.findings[0].why = "it answered with 153720 bytes".into();
    let page = html(&fixture);
    assert!(page.contains("List it with <code>azflow flows INPUT</code> &#38; look."));
    assert!(page.contains("it answered with 150 KiB"));
}

#[test]
fn ids_are_unique_and_every_link_leads_to_one() {
    let page = html(&fixture::day());
    let values = |name: &str| -> Vec<String> {
        page.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().expect("closed").to_owned()).collect()
    };
    let mut ids = values("id");
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(values("href").iter().all(|link| ids.iter().any(|id| link == &format!("#{id}"))));
}

#[test]
fn dark_pages_recolour_exactly_the_inks_that_charts_use() {
    let charts = chart::draw_all(&fixture::compared().input()).expect("charts");
    let svg: String = charts.iter().map(|drawn| drawn.svg.as_str()).collect();
    let rules: Vec<&str> =
        assets::STYLE.text.split(".chart [").skip(1).map(|rest| rest.split(']').next().expect("closed")).collect();
    assert_eq!(rules.len(), 12);
    for rule in rules {
        assert!(svg.contains(rule), "no chart has {rule}");
    }
}

#[test]
fn findings_stand_in_a_table_that_sorts_by_rank_and_leads_to_each() {
    let page = html(&fixture::day());
    let badge = |rank: u64, name: &str| {
        format!("<td class=\"number\" data-key=\"{rank}\"><span class=\"badge {name}\">{name}</span></td>")
    };
    assert!(page.contains(&badge(4, "critical")) && page.contains(&badge(1, "low")));
    assert!(page.contains("<a href=\"#finding-f-2\">203.0.113.44 tries 812 ports of 10.0.1.4</a>"));
    assert!(page.contains("<span title=\"203.0.113.9, 203.0.113.10\">203.0.113.9 +1</span>"));
}

#[test]
fn incidents_of_one_finding_are_counted_and_others_have_a_timeline() {
    let mut fixture = fixture::day();
    let mut single = fixture.findings.incidents[0].clone();
    (single.id, single.findings) = ("i-2".into(), vec!["f-4".into()]);
    fixture.findings.incidents.push(single);
    let page = html(&fixture);
    assert!(page.contains("id=\"incident-i-1\"") && !page.contains("incident-i-2") && page.contains("1 finding stands alone."));
    assert!(page.contains("Timeline of 4 findings from 2024-08-19 00:00 to 2024-08-19 20:00 UTC"));
    assert!(page.contains(">command and control</text>") && page.matches("<circle class=").count() == 4);
    assert!(page.contains("<a href=\"#finding-f-3\">10.0.1.4 offers ssh to the internet</a>"));
}

#[test]
fn rules_are_named_by_the_last_part_of_their_acl_and_whole_on_pointing_at_them() {
    let mut fixture = fixture::day();
    let rule = "/subscriptions/0/networkSecurityGroups/nsg-app UserRule_Web";
    let finding = &mut fixture.findings.findings[0];
    (finding.actor, finding.title) = (rule.into(), format!("rule {rule} carried 5 GB"));
    let page = html(&fixture);
    assert!(page.contains(">rule nsg-app UserRule_Web carried 5 GB</a>"));
    assert!(
        page.contains(&format!("<span title=\"{rule}\">nsg-app UserRule_Web</span>").replace('/', "&#47;"))
            || page.contains(&format!("<span title=\"{rule}\">nsg-app UserRule_Web</span>"))
    );
}

#[test]
fn a_drawn_list_is_not_repeated_and_a_threshold_stands_in_the_line_of_its_number() {
    let mut fixture = fixture::day();
    fixture.findings.findings[0].evidence = [
        ("attempts_peak", Evidence::Count(12)),
        ("attempts_min", Evidence::Count(10)),
        ("tried", Evidence::List(vec!["10.0.0.4 22".into(), "10.0.0.5 22".into()])),
    ]
    .into();
    let page = html(&fixture);
    assert!(page.contains("<dt>attempts peak</dt><dd>12 (at least 10)</dd>") && !page.contains("<dt>attempts min</dt>"));
    assert!(!page.contains("<dt>tried</dt>") && page.contains("<h5>What was tried</h5>"));
}

#[test]
fn the_overview_names_what_to_look_into_and_leaves_slight_findings_to_their_part() {
    let mut fixture = fixture::day();
    for (at, finding) in fixture.findings.findings.iter_mut().enumerate() {
        finding.severity = if at == 0 { Severity::High } else { Severity::Low };
    }
    let all = fixture.findings.findings.len();
    let first = fixture.findings.findings[0].id.clone();
    let page = html(&fixture);
    let overview = page.split("id=\"first\"").nth(1).and_then(|rest| rest.split("</section>").next()).expect("the list");
    assert!(overview.contains(&format!("1 of {all} findings to look into: 1 high")), "{overview}");
    assert_eq!(overview.matches("<li>").count(), 1);
    assert!(overview.contains(&format!("href=\"#finding-{first}\"")));
    assert_eq!(page.matches("class=\"finding slight\"").count(), all - 1, "paper leaves out their evidence");
    fixture.view = View::new(None, None, Some(["overview"].into()));
    assert!(!html(&fixture).contains("id=\"first\""), "the page has no findings to lead to");
}

#[test]
fn folded_tables_tell_paper_where_all_of_their_rows_are() {
    let page = html(&fixture::day());
    assert!(page.contains("paper-table\">73 addresses: see <code>tables/traffic_by_ip.csv</code>, 73 rows.</p>"));
}

#[test]
fn a_title_and_chosen_parts_shape_the_page_and_leave_no_dangling_link() {
    let mut fixture = fixture::day();
    fixture.view = View::new(Some("Night <b> shift"), None, Some(["security", "overview"].into()));
    let page = html(&fixture);
    assert!(page.contains("<title>Night &#60;b&#62; shift, ") && page.contains("<h1>Night &#60;b&#62; shift</h1>"));
    let parts: Vec<&str> = page.split("<div class=\"part\" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(parts, ["overview", "security"], "in the order of the page");
    for link in page.split(" href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!(" id=\"{link}\"")), "{link}");
    }
}

#[test]
fn what_changed_stands_in_the_tiles_and_in_the_data_of_the_script() {
    let page = html(&fixture::compared());
    assert!(page.contains("<div class=\"more change\">as in the 24 h before</div>"));
    assert!(page.contains("compared with 2024-08-18 00:00 to 2024-08-19 00:00 UTC"));
    assert!(page.contains("<script type=\"application/json\" id=\"previous\">{\"start\":1724025600000,\"step\":600000,"));
    let alone = html(&fixture::day());
    assert!(alone.contains("id=\"previous\">null</script>") && alone.contains("id=\"anomalies\">[]</script>"));
    assert!(!alone.contains("more change"));
}

#[test]
fn findings_say_whether_they_are_new_and_which_ended() {
    let page = html(&fixture::compared());
    assert!(page.contains("<span class=\"aside\">volume anomaly, new</span>") && page.contains(", ongoing</span>"));
    let ended = page.split("id=\"ended\"").nth(1).expect("the table").split("</table>").next().expect("closed");
    assert!(ended.contains("10.0.2.5 tries port 445 of 40 hosts") && ended.contains("2024-08-18 23:00"), "{ended}");
    let alone = html(&fixture::day());
    assert!(!alone.contains("id=\"ended\"") && !alone.contains(", ongoing</span>"));
}

#[test]
fn names_that_changed_stand_in_a_table_of_their_kind() {
    let page = html(&fixture::compared());
    let section = page.split("id=\"changes\"").nth(1).expect("the section").split("</section>").next().expect("closed");
    assert!(section.contains("Names since the 24 h before: 1 new, 1 gone, 1 more, 1 unknown"), "{section}");
    assert_eq!(section.matches("<details class=\"table\">").count(), 3, "a table of subnets, addresses and ports");
    assert!(section.contains("Table: 2 changed addresses") && section.contains("<td>203.0.113.77</td>"));
    assert!(section.contains("<td>twice</td>") || section.contains("<td>+100 %</td>"), "{section}");
    assert!(section.contains("Full table: <code>tables/changes.csv</code>, 4 rows."));
    assert!(!html(&fixture::day()).contains("id=\"changes\""));
}

#[test]
fn footers_sum_every_row_of_the_table_and_not_only_those_shown() {
    let mut fixture = fixture::day();
    fixture.view.rows = 2;
    let page = html(&fixture);
    let footer = page.split("<td>Total (both ends)</td>").nth(1).expect("a footer").split("</tr>").next().expect("closed");
    let rows = &fixture.tables.traffic_by_ip;
    let received: u64 = rows.iter().map(|row| row.measures.bytes_received).sum();
    let denied: u64 = rows.iter().map(|row| row.measures.flows_denied()).sum();
    for sum in [words::bytes(received), words::count(denied)] {
        assert!(footer.contains(&format!("<td class=\"number\">{sum}</td>")), "{sum} in {footer}");
    }
    for label in ["Least of an interval", "Average", "95th percentile", "Most"] {
        assert_eq!(page.matches(&format!("<td>{label}</td>")).count(), 1, "{label}");
    }
}

#[test]
fn a_page_of_huge_tables_stays_below_ten_megabytes() {
    let mut fixture = fixture::hostile();
    let long = HOSTILE.repeat(20);
    let tables = &mut fixture.tables;
    tables.traffic_by_rule = tables.traffic_by_rule.iter().cycle().take(5_000).cloned().collect();
    tables.traffic_by_rule.iter_mut().for_each(|row| row.acl = long.clone());
    tables.traffic_by_ip = tables.traffic_by_ip.iter().cycle().take(5_000).cloned().collect();
    tables.traffic_by_ip.iter_mut().for_each(|row| (row.vm, row.subnet, row.threat) = (long.clone(), long.clone(), long.clone()));
    tables.exposed_ports = tables.exposed_ports.iter().cycle().take(5_000).cloned().collect();
    let pairs = tables.rule_top_pairs.iter().cycle().take(5_000).cloned();
    tables.rule_top_pairs = pairs.map(|row| RulePairRow { rule: long.clone(), acl: long.clone(), ..row }).collect();
    let usual = html(&fixture);
    assert!(usual.len() <= BYTES_MAX && usual.contains("the 200 of 5,000 rules"), "{} bytes", usual.len());
    fixture.view.rows = 4_000;
    let page = html(&fixture);
    assert!(page.len() <= BYTES_MAX && page.contains("the 50 of 5,000 rules"), "{} bytes", page.len());
}
