//! The browser's process: started once for all tests of the binary, gone when they end, however they end.
//!
//! Goes in: nothing but `chromium` on PATH. Comes out: contexts of their own for pages, each behind a proxy that counts.
//! The browser itself is given a proxy that refuses everything, so that nothing that it wants for itself leaves the machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::json;

use super::proxy::CountingProxy;
use super::wire::Wire;
use super::{LIMIT, Page, Viewport};

/// Waits until the tests let go of its standard input (they hold it as long as they live), then ends the browser and removes
/// its profile: a static is never dropped, and a killed test drops nothing.
const GUARDIAN: &str = r#"profile=$1; shift
"$@" </dev/null >/dev/null 2>"$profile/stderr" & browser=$!
read -r _
kill -KILL "$browser" 2>/dev/null; wait "$browser" 2>/dev/null
for _ in 1 2 3 4 5; do rm -rf "$profile" && break; sleep 0.2; done"#;

/// Port 9 is "discard": nothing listens, and the browser's own calls (updates, field trials) end at once.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--proxy-server=127.0.0.1:9",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,PaintHolding",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=en-US",
];

/// A running browser.
pub struct Browser {
    /// `127.0.0.1:port` of its debugger.
    debugger: String,
    /// The connection that makes contexts and pages.
    wire: Mutex<Wire>,
    /// Holds the standard input of [`GUARDIAN`].
    _guardian: Child,
}

impl Browser {
    /// The browser of this test binary, started by whoever asks first. `None`, with a printed note, where there is none.
    pub fn start() -> Option<&'static Self> {
        static BROWSER: OnceLock<Option<Browser>> = OnceLock::new();
        let browser = BROWSER.get_or_init(Self::launch).as_ref();
        if browser.is_none() {
            eprintln!("skipped: no chromium on PATH");
        }
        browser
    }

    fn launch() -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))?;
        let profile = tempfile::Builder::new().prefix("azflow-browser-").tempdir().expect("a folder").keep();
        let guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "sh"])
            .arg(&profile)
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let (debugger, path) = debugger(&profile);
        let wire = Wire::connect(&debugger, &path);
        Some(Self { debugger, wire: Mutex::new(wire), _guardian: guardian })
    }

    /// Opens a file, in a context that no other page shares, and waits until it is loaded and drawn.
    pub fn open(&self, file: &Path, viewport: Viewport) -> Page {
        let path = file.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.open_url(&format!("file://{}", path.display()), viewport)
    }

    /// As [`Browser::open`], for any address, with a fragment if need be.
    pub fn open_url(&self, url: &str, viewport: Viewport) -> Page {
        let proxy = CountingProxy::start();
        let target = {
            let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
            // Without the bypass rule, addresses of this machine would go past the proxy.
            let context = wire.call(
                "Target.createBrowserContext",
                json!({"proxyServer": proxy.address(), "proxyBypassList": "<-loopback>", "disposeOnDetach": true}),
            );
            let context = context["browserContextId"].as_str().expect("a context has an id").to_owned();
            let target = wire.call("Target.createTarget", json!({"url": "about:blank", "browserContextId": context}));
            target["targetId"].as_str().expect("a target has an id").to_owned()
        };
        let mut page = Page::new(Wire::connect(&self.debugger, &format!("/devtools/page/{target}")), proxy);
        page.load(url, viewport);
        page
    }
}

/// Where the debugger listens, `(127.0.0.1:port, path)`: the browser writes both into its profile when it is ready.
fn debugger(profile: &Path) -> (String, String) {
    let begin = Instant::now();
    loop {
        let said = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = said.split_once('\n').filter(|(_, path)| path.starts_with("/devtools/browser/")) {
            return (format!("127.0.0.1:{port}"), path.trim().to_owned());
        }
        if begin.elapsed() > LIMIT {
            let log = std::fs::read_to_string(profile.join("stderr")).unwrap_or_default();
            panic!("the browser did not start within {LIMIT:?}: {log}");
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
