//! Every kind of identity gets its token and shows it to the store.

use super::azflow_with;
use super::fake::{Answer, Fake, Request};
use crate::run::Ran;

/// What every identity service here gives.
const TOKEN: &str = "t0ken";

/// An identity service and a store in one: the store lets in whoever has the token.
fn tenant() -> Fake {
    Fake::answering(|request: &Request| {
        if request.line.starts_with("POST /tenant/oauth2/v2.0/token ") {
            return Answer::new(200, format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":3600}}"));
        }
        if request.line.contains("resource=https%3A%2F%2Fstorage.azure.com") {
            return match request.header("x-identity-header") {
                Some("h3ader") => Answer::new(200, format!("{{\"access_token\":\"{TOKEN}\",\"expires_on\":\"4102444800\"}}")),
                _ => Answer::new(401, ""),
            };
        }
        match request.header("authorization") {
            Some(shown) if shown == format!("Bearer {TOKEN}") => {
                Answer::new(200, "<EnumerationResults><Blobs></Blobs><NextMarker /></EnumerationResults>")
            }
            _ => Answer::new(401, "").with("x-ms-error-code", "NoAuthenticationInformation"),
        }
    })
}

fn flows(fake: &Fake, variables: &[(&'static str, &str)]) -> Ran {
    let host = format!("http://127.0.0.1:{}", fake.port);
    let common = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "store1".to_owned()),
        ("AZURE_STORAGE_ENDPOINT", fake.endpoint("store1")),
        ("AZURE_AUTHORITY_HOST", host.clone()),
        ("IDENTITY_ENDPOINT", host),
        ("AZFLOW_AZURE_RETRY_SECONDS", "0".to_owned()),
    ];
    let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let ran = azflow_with(&common.into_iter().chain(variables).collect::<Vec<_>>(), ["flows", "az://logs", "--quiet"]);
    assert!(!ran.stderr.contains(TOKEN), "{ran:?}");
    ran
}

#[test]
fn every_identity_gets_its_token_and_shows_it_to_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let federated = folder.path().join("token");
    std::fs::write(&federated, "f3derated\n").expect("a file");
    let federated = federated.to_str().expect("UTF-8");
    let who = [("AZURE_CLIENT_ID", "id"), ("AZURE_TENANT_ID", "tenant")];
    let kinds: [&[(&str, &str)]; 4] = [
        &[who[0], who[1], ("AZURE_CLIENT_SECRET", "s3cret")],
        &[who[0], who[1], ("AZURE_FEDERATED_TOKEN_FILE", federated)],
        &[("IDENTITY_HEADER", "h3ader")],
        &[("AZURE_STORAGE_TOKEN", "t0ken\n")],
    ];
    for kind in kinds {
        let ran = flows(&tenant(), kind);
        assert_eq!((ran.code, ran.stderr.as_str()), (5, "warning: no flow log in the input or window\n"), "{kind:?}: {ran:?}");
    }
    let ran = flows(&tenant(), &[("AZURE_STORAGE_TOKEN", "an0ther")]);
    assert!(ran.code == 2 && ran.stderr.contains("the store refuses it (NoAuthenticationInformation)"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn the_azure_cli_is_asked_for_a_token() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let az = folder.path().join("az");
    let write = |script: &str| {
        std::fs::write(&az, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).expect("a program");
    };
    let variables = [("AZURE_USE_AZURE_CLI", "true"), ("PATH", folder.path().to_str().expect("UTF-8"))];
    write("echo '{\"accessToken\":\"t0ken\",\"expiresOn\":\"2099-01-01 00:00:00.000000\",\"tokenType\":\"Bearer\"}'");
    assert_eq!(flows(&tenant(), &variables).code, 5);
    write("echo 'ERROR: t0ken is old; run az login' >&2; exit 1");
    let ran = flows(&tenant(), &variables);
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = "az://store1/logs: no token for the store: az account get-access-token fails\nhint: set a credential";
    assert!(ran.stderr.contains(told), "{ran:?}");
}
