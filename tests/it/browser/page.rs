//! One page in the browser: loads, answers, is looked at, and tells what it complained of and what it asked for.
//!
//! Goes in: script, as text. Comes out: JSON values, PNG and PDF. What a reader does with mouse and keys stands in `input.rs`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::LIMIT;
use super::proxy::CountingProxy;
use super::wire::Wire;

/// The tallest picture taken, in pixels: the browser cannot draw much taller ones.
const PICTURE_HEIGHT_MAX: f64 = 16_000.0;

/// Width and height of A4 in inches, and the margin around the text.
const A4: (f64, f64) = (8.27, 11.69);
const MARGIN_INCHES: f64 = 0.4;

/// What the browser calls an image in what it tells assistive technology.
const IMAGE_ROLES: [&str; 5] = ["img", "image", "graphics-document", "Canvas", "SvgRoot"];

/// What a page is shown in. Animations are off, so that a picture does not depend on the moment.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// Whether the reader prefers dark colours.
    pub is_dark: bool,
    /// Whether the rules for paper hold.
    pub is_print: bool,
}

impl Viewport {
    /// A common laptop.
    pub const DESKTOP: Self = Self::of_width(1280);
    /// A common phone, upright.
    pub const PHONE: Self = Self { width: 390, height: 844, is_dark: false, is_print: false };
    /// What A4 has between its margins, at 96 pixels an inch.
    pub const PAPER: Self = Self { width: 717, height: 1046, is_dark: false, is_print: true };

    /// A light screen of this width.
    pub const fn of_width(width: u32) -> Self {
        Self { width, height: 900, is_dark: false, is_print: false }
    }

    /// The same at night.
    pub const fn dark(self) -> Self {
        Self { is_dark: true, ..self }
    }
}

/// A printed page.
pub struct Pdf {
    /// Where it lies, for a look.
    pub path: PathBuf,
    /// Sheets of paper.
    pub sheets: usize,
}

/// An open page. Closed with the connection when it is dropped.
pub struct Page {
    pub(super) wire: Wire,
    proxy: CountingProxy,
    /// The request of the document itself.
    document: String,
}

impl Page {
    pub(super) fn new(wire: Wire, proxy: CountingProxy) -> Self {
        Self { wire, proxy, document: String::new() }
    }

    /// Goes to an address and waits until it is loaded and drawn. Complaints and requests of the page before are forgotten.
    pub fn load(&mut self, url: &str, viewport: Viewport) {
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            self.wire.call(&format!("{domain}.enable"), json!({}));
        }
        self.wire.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        self.resize(viewport);
        self.wire.events.clear();
        let gone = self.wire.call("Page.navigate", json!({"url": url}));
        assert!(gone.get("errorText").is_none(), "{url}: {}", gone["errorText"]);
        self.document = gone["loaderId"].as_str().expect("a new document has a loader").to_owned();
        self.wire.wait_for("Page.loadEventFired", 0);
        self.settle();
    }

    /// Shows the same page differently.
    pub fn resize(&mut self, viewport: Viewport) {
        let Viewport { width, height, is_dark, is_print } = viewport;
        self.wire.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let features = json!([
            {"name": "prefers-color-scheme", "value": if is_dark { "dark" } else { "light" }},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        let media = if is_print { "print" } else { "screen" };
        self.wire.call("Emulation.setEmulatedMedia", json!({"media": media, "features": features}));
    }

    /// The value of an expression; a promise is awaited. What it throws is a panic.
    pub fn eval(&mut self, expression: &str) -> Value {
        let mut said = self.wire.call(
            "Runtime.evaluate",
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}),
        );
        if let Some(thrown) = said.get("exceptionDetails") {
            panic!("{expression}\nthrew {thrown:#}");
        }
        said["result"]["value"].take()
    }

    /// As [`Page::eval`], for an expression whose value is a list of texts: what a test found wrong, for example.
    pub fn texts(&mut self, expression: &str) -> Vec<String> {
        let value = self.eval(expression);
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{expression}\nis no list of texts: {error}"))
    }

    /// Waits until a condition holds.
    pub fn wait_for(&mut self, condition: &str) {
        let begin = Instant::now();
        while self.eval(&format!("Boolean({condition})")) != true {
            assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}: {condition}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until what was asked for until now is drawn.
    pub fn settle(&mut self) {
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
    }

    /// Everything that a developer would see in red or yellow: errors and warnings of the console, what was thrown and not
    /// caught, what the policy refused, what the browser advises against, and dialogs.
    pub fn complaints(&mut self) -> Vec<String> {
        self.settle();
        self.wire.events.iter().filter_map(complaint).collect()
    }

    /// Every request but that of the document: what its own script and markup asked for, and what reached the proxy that is
    /// the page's only way out. Bytes that stand in the page itself (`data:`) are no request.
    pub fn requests(&mut self) -> Vec<String> {
        self.settle();
        let sent = self.wire.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let asked = sent.filter(|event| event["params"]["requestId"] != self.document.as_str()).filter_map(|event| {
            let url = event["params"]["request"]["url"].as_str()?;
            (!url.starts_with("data:")).then(|| format!("{}: {url}", event["params"]["type"].as_str().unwrap_or("request")))
        });
        asked.chain(self.proxy.asked().into_iter().map(|line| format!("reached the proxy: {line}"))).collect()
    }

    /// Takes a picture of the whole page, and returns where it lies.
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        self.settle();
        let size = self.wire.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].take();
        let height = size["height"].as_f64().unwrap_or(1.0).min(PICTURE_HEIGHT_MAX);
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1});
        let picture = self
            .wire
            .call("Page.captureScreenshot", json!({"captureBeyondViewport": true, "optimizeForSpeed": true, "clip": clip}));
        keep(&format!("{name}.png"), &bytes(&picture["data"]))
    }

    /// Prints the page on A4, and keeps the file beside the pictures.
    pub fn pdf(&mut self, name: &str) -> Pdf {
        let [top, bottom, left, right] = [MARGIN_INCHES; 4];
        let printed = self.wire.call(
            "Page.printToPDF",
            json!({"paperWidth": A4.0, "paperHeight": A4.1, "printBackground": true,
                "marginTop": top, "marginBottom": bottom, "marginLeft": left, "marginRight": right}),
        );
        let bytes = bytes(&printed["data"]);
        // The browser writes objects as plain text: one `/Type /Page` a sheet, and one `/Type /Pages` over all.
        let text = String::from_utf8_lossy(&bytes);
        let sheets = text.matches("/Type /Page").count() - text.matches("/Type /Pages").count();
        Pdf { path: keep(&format!("{name}.pdf"), &bytes), sheets }
    }

    /// Names of the images that assistive technology is told of, as it is told them; an empty one has none.
    pub fn image_names(&mut self) -> Vec<String> {
        let root = self.wire.call("DOM.getDocument", json!({"depth": 0}))["root"]["nodeId"].take();
        let mut names = Vec::new();
        for role in IMAGE_ROLES {
            let found = self.wire.call("Accessibility.queryAXTree", json!({"nodeId": root, "role": role}));
            let nodes = found["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let told = nodes.iter().filter(|node| node["ignored"] != true);
            names.extend(told.map(|node| node["name"]["value"].as_str().unwrap_or_default().to_owned()));
        }
        names
    }
}

/// What an event complains of, if it does.
fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" if ["error", "warning", "assert"].contains(&params["type"].as_str()?) => {
            Some(format!("console: {}: {}", params["type"], params["args"]))
        }
        "Runtime.exceptionThrown" => Some(format!("thrown: {}", params["exceptionDetails"])),
        "Log.entryAdded" if ["error", "warning"].contains(&params["entry"]["level"].as_str()?) => {
            Some(format!("log: {}: {}", params["entry"]["level"], params["entry"]["text"]))
        }
        "Audits.issueAdded" => Some(format!("issue: {}", params["issue"])),
        "Page.javascriptDialogOpening" => Some(format!("dialog: {}: {}", params["type"], params["message"])),
        _ => None,
    }
}

fn bytes(base64: &Value) -> Vec<u8> {
    let text = base64.as_str().expect("the browser sends data as text");
    data_encoding::BASE64.decode(text.as_bytes()).expect("the browser sends data in base64")
}

/// Keeps a file where a person may look at it: in the folder that `AZFLOW_SCREENSHOTS` names, or among the tests' own files.
fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = std::env::var_os("AZFLOW_SCREENSHOTS")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
