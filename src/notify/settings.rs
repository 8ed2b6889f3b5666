//! How long a webhook is waited for, and how often it is tried.

use std::time::Duration;

/// Bounds of one message.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Most time until a connection stands.
    pub connect: Duration,
    /// Most time for everything: all tries and the pauses between them.
    pub whole: Duration,
    /// Tries after the first.
    pub retries: u32,
    /// Pause before the second try; twice as long before each further one.
    pub pause: Duration,
    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment are heeded.
    pub has_proxy: bool,
}

impl Default for Settings {
    /// A run that ended must not wait for long: 5 s to connect, 10 s in all, two more tries after 0.5 s and 1 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(10),
            retries: 2,
            pause: Duration::from_millis(500),
            has_proxy: true,
        }
    }
}
