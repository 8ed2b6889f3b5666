//! Names that try to become markup, script or a formula: in rules, subnets, interfaces, machines, blobs and lists. They are
//! shown as the text that they are, and nothing of them runs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use azflow::app::analyze::analyze;
use azflow::app::progress::Silent;
use serde_json::json;

use super::{NONE, Viewport, open, written};
use crate::browser::Browser;
use crate::logs::{HOUR, MAC, blob, put, vnet};
use crate::properties::{folder, settings};

/// Each would set `ran`, make an element, or upset the layout, if anything took it for more than text.
const NAMES: &[&str] = &[
    "<script>window.ran=1</script>",
    "</script><img src=x onerror=window.ran=1>",
    "\"><svg onload=window.ran=1>",
    "' onfocus=window.ran=1 autofocus='",
    "javascript:window.ran=1",
    "--><iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "]]></text></svg><script>window.ran=1</script>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "\"; DROP TABLE flows; --",
    "=cmd|' /C calc'!A0",
    "&lt;b&gt;&amp;&#60;",
    "\u{202E}fdp.exe\u{2066}",
    "👩‍👩‍👧🦀",
];

/// A name as long as a reader's patience, without a place to break.
fn long_name() -> String {
    "x".repeat(300)
}

fn names() -> Vec<String> {
    NAMES.iter().map(|name| (*name).to_owned()).chain([long_name()]).collect()
}

/// As the page shows a name: marks that turn the direction of the text around are replaced.
fn shown(name: &str) -> String {
    name.replace(['\u{202E}', '\u{2066}'], "\u{FFFD}")
}

/// Every name as a rule, a subnet, an interface and a VM, with denied and allowed traffic.
pub static PAGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let logs = folder();
    let mut records = Vec::new();
    let mut topology = String::new();
    for (at, name) in names().iter().enumerate() {
        let quoted = json!(name).to_string();
        let rule = quoted.trim_matches('"');
        let (mac, host) = (format!("{}{at:02X}", &MAC[..10]), format!("10.0.{at}.4"));
        let tuples: Vec<String> = (0..30_i64)
            .flat_map(|minute| {
                let time = (HOUR + minute * 60) * 1_000;
                [
                    format!("{time},{host},10.0.{}.4,{},443,6,O,B,NX,0,0,0,0", at + 1, 40_000 + minute),
                    format!("{time},{host},10.0.{}.4,{},443,6,O,E,NX,9,{},9,900", at + 1, 40_000 + minute, 1_000 * (at + 1)),
                    format!("{time},198.51.100.{minute},{host},50000,{},6,I,D,NX,0,0,0,0", 3_389 + minute),
                    format!("{time},203.0.113.{minute},{host},50001,22,6,I,B,NX,0,0,0,0"),
                ]
            })
            .collect();
        records.push(vnet(&mac, "2024-08-19T17:01:00Z", rule, &tuples));
        let _ = write!(
            topology,
            "[[vnet]]\nname = {quoted}\nprefixes = [\"10.0.{at}.0/24\"]\n[[vnet.subnet]]\nname = {quoted}\nprefixes = [\"10.0.{at}.0/24\"]\n\
             [[interface]]\nname = {quoted}\nmac = \"{mac}\"\naddresses = [\"{host}\"]\nvm = {quoted}\n"
        );
    }
    put(logs.path(), "logs/PT1H.json", blob(&records));
    // A blob that is cut off is told by its name; `/` would be a folder.
    let cut = blob(&records);
    for name in NAMES.iter().filter(|name| !name.contains('/')) {
        put(logs.path(), &format!("logs/{name}.json"), &cut[..cut.len() / 2]);
    }
    let list = put(logs.path(), "<img src=x onerror=window.ran=1>.txt", "203.0.113.7\n198.51.100.0/28\n");
    let mut settings = settings(vec![logs.path().join("logs").display().to_string()], &logs.path().join("report"));
    settings.topology = vec![put(logs.path(), "topology.toml", topology)];
    settings.threat_lists = vec![list];
    analyze(&settings, &Silent).expect("the report is written");
    written("hostile", &std::fs::read(settings.out.join("report.html")).expect("the page is written"))
});

#[test]
fn hostile_names_are_shown_as_text_and_run_nothing() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &PAGE, Viewport::DESKTOP);
    // All that can be opened is open, all that can be pressed was pressed: what waits for a reader has had its chance.
    page.eval("for (const one of document.querySelectorAll('details')) one.open = true");
    page.eval("for (const one of document.querySelectorAll('th button')) one.click()");
    page.eval("for (const one of document.querySelectorAll('a, button, [tabindex]')) one.focus()");
    page.settle();
    assert_eq!(page.eval("typeof window.ran"), "undefined");
    assert_eq!(page.eval("document.scripts.length"), 5);
    assert_eq!(page.eval("document.querySelectorAll('img, iframe, object, embed, form, base, link, foreignObject').length"), 0);
    let handlers =
        "Array.from(document.querySelectorAll('*')).flatMap((element) => Array.from(element.attributes, (one) => one.name))
        .filter((name) => name.startsWith('on') || name === 'srcdoc' || name === 'autofocus')";
    assert_eq!(page.texts(handlers), NONE);
    assert_eq!(page.texts("checks.links()"), NONE, "every link stays in the page");
    let text = page.eval("document.querySelector('main').textContent");
    let text = text.as_str().expect("a text");
    for name in names() {
        assert!(text.contains(&shown(&name)), "{name:?} is not shown");
    }
    assert!(!text.contains(['\u{202E}', '\u{2066}']), "a mark that turns the text around is shown raw");
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}
