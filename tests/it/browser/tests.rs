//! The harness itself: it must see what goes wrong, else a page without complaints proves nothing.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Browser, NONE, Viewport};

/// A page of its own: the body, in a folder that lives as long as the test.
fn written(body: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.html");
    let head = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>harness</title>";
    std::fs::write(&path, format!("{head}<body>{body}</body></html>")).expect("the page is written");
    (folder, path)
}

#[test]
fn a_quiet_page_has_no_complaint_and_no_request() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, path) = written("<p>quiet</p><img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>");
    let mut page = browser.open(&path, Viewport::DESKTOP);
    assert_eq!(page.eval("document.body.innerText"), "quiet");
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}

#[test]
fn what_goes_wrong_in_a_page_is_seen() {
    let Some(browser) = Browser::start() else { return };
    for (body, sign) in [
        ("<script>console.error('spilt')</script>", "spilt"),
        ("<script>console.warn('careful')</script>", "careful"),
        ("<script>throw new Error('thrown by hand')</script>", "thrown by hand"),
        ("<script>setTimeout(() => Promise.reject(new Error('unkept')))</script>", "unkept"),
        ("<script>alert('hello')</script>", "hello"),
        ("<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><script>1</script>", "Content Security Policy"),
    ] {
        let (_folder, path) = written(body);
        let mut page = browser.open(&path, Viewport::DESKTOP);
        let complaints = page.complaints();
        assert!(complaints.iter().any(|complaint| complaint.contains(sign)), "{body}: {complaints:?}");
    }
}

#[test]
fn what_a_page_asks_for_is_seen_twice_by_the_browser_and_by_the_proxy() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, path) = written("<img alt='' src='http://tracker.test/a.gif'><img alt='' src='http://127.0.0.1:8086/b.gif'>");
    let requests = browser.open(&path, Viewport::DESKTOP).requests();
    for host in ["http://tracker.test/a.gif", "http://127.0.0.1:8086/b.gif"] {
        assert!(requests.contains(&format!("Image: {host}")), "{requests:?}");
        assert!(requests.contains(&format!("reached the proxy: GET {host} HTTP/1.1")), "{requests:?}");
    }
}

#[test]
fn mouse_and_keys_reach_the_page() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, path) = written(
        "<button id=b onclick='this.textContent += event.detail'>pressed </button><input id=i>
        <div id=d style='width:200px;height:100px'></div><script>
        window.path = []; const d = document.getElementById('d');
        for (const kind of ['mousedown', 'mousemove', 'mouseup', 'mouseover']) d.addEventListener(kind, (event) =>
          window.path.push(`${kind}:${event.offsetX}:${event.buttons}`));</script>",
    );
    let mut page = browser.open(&path, Viewport::DESKTOP);
    page.click("#b");
    assert_eq!(page.eval("document.getElementById('b').textContent"), "pressed 1");
    page.press("Space");
    assert_eq!(page.eval("document.getElementById('b').textContent"), "pressed 10");
    page.press("Tab");
    page.write("10.0.0.4");
    assert_eq!(page.eval("document.activeElement.value"), "10.0.0.4");
    page.press("Shift+Tab");
    assert_eq!(page.eval("document.activeElement.id"), "b");
    let (x, y) = page.middle("#d");
    page.drag((x - 50.0, y), (x + 50.0, y));
    let path = page.texts("window.path");
    assert!(path.contains(&"mousedown:50:1".to_owned()) && path.contains(&"mouseup:150:0".to_owned()), "{path:?}");
    assert!(path.iter().filter(|step| step.starts_with("mousemove:") && step.ends_with(":1")).count() >= 8, "{path:?}");
    page.hover("#d");
    page.wait_for("window.path.at(-1) === 'mousemove:100:0'");
    assert_eq!(page.complaints(), NONE);
}

#[test]
fn pictures_and_paper_are_kept() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, path) =
        written("<h1>one</h1><h1 style='break-before: page'>two</h1><svg role=img aria-label=dots></svg><svg></svg>");
    let mut page = browser.open(&path, Viewport::PHONE.dark());
    assert_eq!(page.eval("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"), serde_json::json!([390, true]));
    let picture = std::fs::read(page.screenshot("harness")).expect("the picture is kept");
    assert_eq!(picture.get(1..4), Some(&b"PNG"[..]));
    let pdf = page.pdf("harness");
    assert_eq!(pdf.sheets, 2, "{}", pdf.path.display());
    assert!(page.image_names().contains(&"dots".to_owned()));
}
