//! What an error of the library means.
//!
//! Goes in: an error of the library. Comes out: the [`StoreError`] that the client put into it, or one that says no more than where the
//! answer broke. The library's own text is never taken over: it may hold what was asked and what was answered.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use crate::source::store_error::StoreError;

/// How the library begins to say that no token was to be had. Its types for this cannot be named; if it says so otherwise one day, the
/// error is only told less well.
static TOKEN_FAILURES: &[(&str, &str)] = &[
    ("'az account get-access-token' command failed", "az account get-access-token fails"),
    ("Failed to parse azure cli response", "the answer of az account get-access-token is not understood"),
    ("Error performing token request", "the identity service's answer is not understood"),
    ("Error getting token response body", "the identity service's answer is not understood"),
    ("Error reading federated token file", "the file of the federated token cannot be read"),
];

/// What an error of the library means.
pub fn meaning(error: &object_store::Error) -> StoreError {
    let causes = || std::iter::successors(Some(error as &(dyn Error + 'static)), |cause| (*cause).source());
    if let Some(told) = causes().find_map(|cause| cause.downcast_ref::<StoreError>()) {
        return told.clone();
    }
    let said = |cause: &(dyn Error + 'static)| {
        let text = cause.to_string();
        TOKEN_FAILURES.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, why)| (*why).to_owned())
    };
    if let Some(why) = causes().find_map(said) {
        return StoreError::NoToken { why };
    }
    match causes().find_map(|cause| cause.downcast_ref::<HttpError>()).map(HttpError::kind) {
        Some(HttpErrorKind::Timeout) => StoreError::Broken("its answer did not end in time"),
        Some(HttpErrorKind::Interrupted | HttpErrorKind::Request | HttpErrorKind::Connect) => {
            StoreError::Broken("its answer broke off")
        }
        _ => match error {
            object_store::Error::NotFound { .. } => StoreError::NoBlob,
            object_store::Error::Precondition { .. } => StoreError::Changed,
            object_store::Error::InvalidPath { .. } => StoreError::Broken("it lists a name with an empty or relative part"),
            _ => StoreError::Broken("an answer of the store or of its identity service is not understood"),
        },
    }
}
