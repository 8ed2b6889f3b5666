//! Tells a webhook: one POST of JSON, bounded in time and in tries.
//!
//! Goes in: an address and a body. Comes out: whether it arrived. Knows nothing of what the body says, follows no redirect, and reads
//! no more of the answer than its head. A build without the feature `notify` has `absent.rs` in place of this file.

pub mod address;
pub mod failure;
pub mod settings;

use std::io::ErrorKind;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ureq::{Proxy, Timeout};

use address::Address;
use failure::Failure;
use settings::Settings;

/// Whether this build sends webhooks.
pub const IS_BUILT: bool = true;

/// What a receiver sees as the sender.
const USER_AGENT: &str = concat!("azflow/", env!("CARGO_PKG_VERSION"));

/// Posts `body`, which is JSON, to `address`.
///
/// # Errors
/// Why it did not arrive; of several tries, why the last did not.
pub fn post(address: &Address, body: &[u8], settings: &Settings) -> Result<(), Failure> {
    let deadline = Instant::now() + settings.whole;
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut pause = settings.pause;
    let mut failure = Failure::Slow(settings.whole);
    for attempt in 0..=settings.retries {
        if attempt > 0 {
            if left() <= pause {
                return Err(failure);
            }
            sleep(pause);
            pause *= 2;
        }
        match once(address, body, settings, left()) {
            Err(reason) if reason.may_pass() => failure = reason,
            ended => return ended,
        }
    }
    Err(failure)
}

/// One try, which takes `left` at most.
fn once(address: &Address, body: &[u8], settings: &Settings, left: Duration) -> Result<(), Failure> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(left))
        .timeout_connect(Some(settings.connect.min(left)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(if settings.has_proxy { Proxy::try_from_env() } else { None })
        .user_agent(USER_AGENT)
        .build()
        .new_agent();
    let answer = agent.post(address.whole()).header("Content-Type", "application/json").send(body);
    match answer.map(|answer| answer.status().as_u16()) {
        Ok(200..=299) => Ok(()),
        Ok(status @ 300..=399) => Err(Failure::Redirect(status)),
        Ok(status) => Err(Failure::Status(status)),
        Err(error) => Err(reason(&error, settings)),
    }
}

/// What an error of the client comes down to. Its own text may hold the address, and is dropped.
fn reason(error: &ureq::Error, settings: &Settings) -> Failure {
    match error {
        ureq::Error::Timeout(Timeout::Connect) => Failure::Connection(ErrorKind::TimedOut),
        ureq::Error::Timeout(_) => Failure::Slow(settings.whole),
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => Failure::Insecure,
        // The standard library's words for a name that is not known, which has no kind of its own.
        ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => Failure::Unknown,
        ureq::Error::Io(error) => Failure::Connection(error.kind()),
        ureq::Error::HostNotFound => Failure::Unknown,
        ureq::Error::ConnectionFailed => Failure::Connection(ErrorKind::NotConnected),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Failure::Insecure,
        _ => Failure::Other,
    }
}
