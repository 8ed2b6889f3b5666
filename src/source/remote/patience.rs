//! The HTTP client, made patient and discreet.
//!
//! Goes in: requests of the library. Comes out: answers, or a [`StoreError`] that says what is wrong in words of its own: no address,
//! no header and no body of an answer, any of which may hold a credential. A store that throttles is waited for, as long as it asks, by
//! all requests together; lost connections are left to the library, which tries them again.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};

use crate::source::store_error::StoreError;

/// How long is waited first, where the store does not say; twice as long each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long is waited at most before one request is tried again, whatever the store says.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Statuses that pass: a timeout, too many requests, errors of the server.
static PASSING: &[u16] = &[408, 429, 500, 502, 503, 504];

/// Statuses of a store that throttles.
static THROTTLING: &[u16] = &[429, 503];

/// Makes the clients of one store.
#[derive(Debug)]
pub struct Connector {
    host: Arc<str>,
    patience: Duration,
    gate: Arc<Gate>,
}

impl Connector {
    /// For the store on `host`; every other host is one that gives tokens. `patience` is how long a request may be tried again.
    pub fn new(host: &str, patience: Duration) -> Self {
        Self { host: host.into(), patience, gate: Arc::new(Gate(Mutex::new(Instant::now()))) }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // One provider of cryptography for the process; an error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Patient {
            inner,
            host: Arc::clone(&self.host),
            patience: self.patience,
            gate: Arc::clone(&self.gate),
        }))
    }
}

/// Until when all requests wait.
#[derive(Debug)]
struct Gate(Mutex<Instant>);

impl Gate {
    fn opens(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_for(&self, pause: Duration) {
        let mut opens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *opens = (*opens).max(Instant::now() + pause);
    }
}

/// Sends requests, again where that may help.
struct Patient {
    inner: HttpClient,
    host: Arc<str>,
    patience: Duration,
    gate: Arc<Gate>,
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patient").field("host", &self.host).finish_non_exhaustive()
    }
}

impl HttpService for Patient {
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.send(request))
    }
}

impl Patient {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_store = request.uri().host().is_some_and(|host| host.eq_ignore_ascii_case(&self.host));
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            while let Some(wait) = self.gate.opens().checked_duration_since(Instant::now()) {
                tokio::time::sleep(wait).await;
            }
            let answer = self.inner.execute(request.clone()).await.map_err(|error| unreached(&error, is_store))?;
            let status = answer.status().as_u16();
            if status < 400 {
                return Ok(answer);
            }
            let asked = asked_pause(&answer).unwrap_or(pause).min(PAUSE_MAX);
            if !PASSING.contains(&status) || begun.elapsed() + asked > self.patience {
                return Err(HttpError::new(HttpErrorKind::Unknown, self.refusal(&answer, is_store)));
            }
            if THROTTLING.contains(&status) && is_store {
                self.gate.close_for(asked);
            } else {
                tokio::time::sleep(asked).await;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// What an answer that refuses means.
    fn refusal(&self, answer: &HttpResponse, is_store: bool) -> StoreError {
        let status = answer.status().as_u16();
        let code = code_of(answer);
        if THROTTLING.contains(&status) {
            return StoreError::Throttled { seconds: self.patience.as_secs() };
        }
        if !is_store {
            return StoreError::NoToken { why: format!("the identity service answers {status}") };
        }
        match (status, code.as_str()) {
            (404, "ContainerNotFound") => StoreError::NoContainer,
            (404, _) => StoreError::NoBlob,
            (401 | 403, _) => StoreError::Refused { code },
            (412 | 416, _) => StoreError::Changed,
            _ => StoreError::Answer { status, code },
        }
    }
}

/// How long the store asks to wait.
fn asked_pause(answer: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("x-ms-retry-after-ms").map(Duration::from_millis).or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The store's name for the reason of an answer; its status where it gives none that is a name.
fn code_of(answer: &HttpResponse) -> String {
    let code = answer.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok()).unwrap_or_default();
    let is_name = (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_name { code.to_owned() } else { format!("HTTP {}", answer.status().as_u16()) }
}

/// The same error without anything of the request; the library still sees whether to try again.
fn unreached(error: &HttpError, is_store: bool) -> HttpError {
    let why = match error.kind() {
        HttpErrorKind::Timeout => "it does not answer in time".to_owned(),
        _ => innermost(error),
    };
    let told = match is_store {
        true => StoreError::Unreachable { why },
        false => StoreError::NoToken { why: format!("the identity service cannot be reached: {why}") },
    };
    HttpError::new(error.kind(), told)
}

/// What the system or the TLS library says, which know no more of a request than the host.
fn innermost(error: &HttpError) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let text = causes.last().map(ToString::to_string).unwrap_or_default();
    // An error of the HTTP library itself may hold the request's address.
    if text.is_empty() || text.contains("://") { "the connection failed".to_owned() } else { text }
}
