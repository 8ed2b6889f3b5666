//! A real browser under test: opens a file in headless Chromium, acts on it as a reader would, and says what it did.
//!
//! ```ignore
//! let Some(browser) = Browser::start() else { return };   // says that it skips where there is no chromium
//! let mut page = browser.open(&path, Viewport::PHONE.dark());
//! page.click("#top_ports th button");
//! assert_eq!(page.eval("document.title"), "...");
//! assert_eq!(page.complaints(), NONE);
//! ```
//!
//! Goes in: the path of an HTML file. Comes out: values of its script, complaints, requests, pictures, PDF. Nothing takes longer
//! than [`LIMIT`]: a page that hangs fails its test. Knows nothing of what azflow writes; judges nothing.

mod input;
mod page;
mod process;
mod proxy;
mod tests;
mod wire;

use std::time::Duration;

pub use page::{Page, Viewport};
pub use process::Browser;

/// The longest that anything may take: the start of the browser, one answer, the wait for a condition. Far above what a busy
/// machine needs (a page loads in less than a second), far below what a run of the tests is given.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What a page that is well says of complaints and of requests.
pub const NONE: [String; 0] = [];
