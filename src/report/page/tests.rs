//! The page: its policy, its escaping, and what it leaves out.

use super::table::Row;
use super::*;
use crate::report::chart;
use crate::report::fixture::{self, Fixture, HOSTILE};
use crate::schema::FlowType;
use crate::schema::tables::{CubeEnd, CubeRow};

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
    assert_eq!(page.matches("<script").count(), 1);
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
    assert!(page.contains("the 50 of 73 addresses with most flows"));
    let empty = html(&fixture::empty());
    assert_eq!(empty.matches("<div class=\"value\">–</div>").count(), 6);
}

#[test]
fn tables_show_the_first_rows_and_name_the_file_with_all() {
    let page = html(&fixture::vast());
    assert!(page.contains("the 50 of 200 subnets with most bytes"));
    assert!(page.contains("<code>tables/traffic_by_subnet.csv</code>, 200 rows"));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
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
    let charts = chart::draw_all(&fixture::day().input()).expect("charts");
    let svg: String = charts.iter().map(|drawn| drawn.svg.as_str()).collect();
    let rules: Vec<&str> =
        assets::STYLE.text.split(".chart [").skip(1).map(|rest| rest.split(']').next().expect("closed")).collect();
    assert_eq!(rules.len(), 11);
    for rule in rules {
        assert!(svg.contains(rule), "no chart has {rule}");
    }
}
