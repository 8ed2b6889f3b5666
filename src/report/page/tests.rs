//! The page: its policy, its escaping, and what it leaves out.

use super::*;
use crate::report::chart;
use crate::report::fixture::{self, Fixture, HOSTILE};

fn html(fixture: &Fixture) -> String {
    let input = fixture.input();
    let charts = chart::draw_all(&input).expect("charts");
    String::from_utf8(file(&input, &charts).expect("page").bytes).expect("UTF-8")
}

#[test]
fn the_policy_allows_exactly_the_style_and_the_script_of_the_page() {
    let page = html(&fixture::day());
    for (tag, hash) in [("style", STYLE_HASH), ("script", SCRIPT_HASH)] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        assert_eq!(page.matches(&open).count(), 1);
        let start = page.find(&open).expect("there") + open.len();
        let content = &page[start..start + page[start..].find(&close).expect("closed")];
        assert_eq!(
            format!("sha256-{}", base64(&sha256(content.as_bytes()))),
            hash,
            "set the constant of <{tag}> to the left value"
        );
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
    let rules: Vec<&str> = STYLE.split(".chart [").skip(1).map(|rest| rest.split(']').next().expect("closed")).collect();
    assert_eq!(rules.len(), 11);
    for rule in rules {
        assert!(svg.contains(rule), "no chart has {rule}");
    }
}

/// FIPS 180-4, for the test alone: the page needs two hashes that never change by themselves.
fn sha256(message: &[u8]) -> [u8; 32] {
    let primes: Vec<u64> = (2..312).filter(|n| (2..*n).all(|d| n % d != 0)).take(64).collect();
    let mut h: [u32; 8] = std::array::from_fn(|i| root_bits(primes[i], 2));
    let k: Vec<u32> = primes.iter().map(|prime| root_bits(*prime, 3)).collect();
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() < message.len() + 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut w: Vec<u32> = block.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect();
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h;
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v = [t1.wrapping_add(s0).wrapping_add(majority), v[0], v[1], v[2], v[3].wrapping_add(t1), v[4], v[5], v[6]];
        }
        for (sum, add) in h.iter_mut().zip(v) {
            *sum = sum.wrapping_add(add);
        }
    }
    let mut digest = [0; 32];
    h.iter().zip(digest.chunks_exact_mut(4)).for_each(|(word, bytes)| bytes.copy_from_slice(&word.to_be_bytes()));
    digest
}

/// The first 32 bits of the fraction of the `degree`-th root of `prime`, by bisection.
fn root_bits(prime: u64, degree: u32) -> u32 {
    let scaled = u128::from(prime) << (32 * degree);
    let (mut low, mut high) = (0_u128, 1 << 40);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if middle.pow(degree) <= scaled { low = middle } else { high = middle }
    }
    low as u32
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .map(|chunk| {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..4)
                .map(|i| if i <= chunk.len() { ALPHABET[(bits >> (18 - 6 * i)) as usize & 63] as char } else { '=' })
                .collect::<String>()
        })
        .collect()
}
