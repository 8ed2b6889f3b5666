//! Addresses given where a path is meant: refused before anything is read, and never repeated, since what stands behind their scheme
//! may be a credential.
//!
//! Goes in: the paths of a command, by what they are. Comes out: nothing, or the first that is an address. Opens nothing. Only inputs
//! may be addresses; `source` understands them.

use std::path::Path;

use crate::app::analyze::AnalyzeSettings;

/// A path that is an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {what}: {scheme}://…: only an INPUT may be an address; hint: download the file, then give its path")]
pub struct RemoteError {
    /// What it was given as.
    what: &'static str,
    /// What stands before `://`.
    scheme: String,
}

/// Refuses every path beside the inputs that is an address.
pub fn refuse_remote(settings: &AnalyzeSettings) -> Result<(), RemoteError> {
    let lists = [
        ("topology", &settings.topology),
        ("geo database", &settings.geo),
        ("ASN database", &settings.asn),
        ("service tags", &settings.service_tags),
        ("threat list", &settings.threat_lists),
        ("allow-list", &settings.allow_lists),
    ];
    let listed = lists.into_iter().flat_map(|(what, paths)| paths.iter().map(move |path| (what, path)));
    listed.chain([("output folder", &settings.out)]).try_for_each(|(what, path)| local(what, path))
}

/// Refuses a path that is an address, unless a file has this name.
pub fn local(what: &'static str, path: &Path) -> Result<(), RemoteError> {
    match path.to_string_lossy().split_once("://") {
        Some((scheme, _)) if !path.exists() => Err(RemoteError { what, scheme: scheme.to_owned() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_by_its_scheme_alone() {
        let error = local("threat list", Path::new("https://host/list?sig=secret")).map_err(|error| error.to_string());
        let said = error.err().unwrap_or_default();
        assert!(
            said.starts_with("cannot use threat list: https://…: ") && !said.contains("host") && !said.contains("secret"),
            "{said}"
        );
    }

    #[test]
    fn paths_are_let_through_whether_they_exist_or_not() {
        for path in ["src", "no/such/file", "C:\\lists\\drop.txt", "C:/lists", "a:b//c"] {
            assert!(local("threat list", Path::new(path)).is_ok(), "{path}");
        }
    }
}
