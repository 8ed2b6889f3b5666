//! Errors of every stage say what to do, and nothing of a credential.

use azflow::source::{ListOptions, list};

use super::azflow_with;
use super::azurite::{ACCOUNT, Azurite, KEY, signature};
use super::fake::{Answer, Fake};
use crate::logs::small_blob;
use crate::run::Ran;

/// In base64, since a key is.
const SECRET: &str = "czNjcmV0LXMzY3JldA==";

/// What an answer may hold that a careless client would repeat.
const TELLTALE: &str = "<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>sig=czNjcmV0LXMzY3JldA==</AuthenticationErrorDetail></Error>";

/// What nobody may read: secrets, and what stands beside them.
const UNTOLD: [&str; 7] = ["s3cret", "czNjcmV0", "&sig=", "sv=20", "SharedKey", "Bearer", "<Error>"];

#[track_caller]
fn assert_untold(text: &str) {
    for secret in UNTOLD.iter().chain([&&KEY[..12]]) {
        assert!(!text.contains(secret), "{secret} is told: {text}");
    }
}

fn flows(variables: &[(&'static str, &str)], input: &str) -> Ran {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let ran = azflow_with(&variables, ["flows", input]);
    assert_untold(&ran.stdout);
    assert_untold(&ran.stderr);
    ran
}

/// As [`flows`] tells it, for an address that needs no variables.
fn listing_of(input: &str) -> Ran {
    let error = list(&[input.to_owned()], &ListOptions::default()).expect_err("an error");
    assert_untold(&format!("{error:?} {error}"));
    Ran { code: 2, stdout: String::new(), stderr: format!("error: {error}\nhint: {}\n", error.hint()) }
}

#[track_caller]
fn assert_told(ran: &Ran, code: i32, message: &str, hint: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.stderr.starts_with(&format!("error: cannot read input: {message}")), "{ran:?}");
    assert!(ran.stderr.contains(&format!("\nhint: {hint}")), "{ran:?}");
}

#[test]
fn what_is_wrong_with_an_address_or_a_variable_is_told_before_anything_is_asked() {
    let signed = format!("https://store1.blob.core.windows.net/?sv=2024-11-04&sig={SECRET}");
    assert_told(&flows(&[], &signed), 2, "https://…: it names no container", "give az://CONTAINER/PREFIX");
    let elsewhere = format!("https://account.example/logs?sv=2024-11-04&sig={SECRET}");
    assert_told(&flows(&[], &elsewhere), 2, "https://…: it is no address of Azure Blob Storage", "give az://CONTAINER/PREFIX");
    let user = format!("https://user:{SECRET}@store1.blob.core.windows.net/logs");
    assert_told(&flows(&[], &user), 2, "https://…: it is no address", "give az://");
    let cut = format!("az://logs/?{SECRET}");
    assert_told(&flows(&[], &cut), 2, "az://…: its query is no shared access signature", "put the address in quotes");
    assert_told(&flows(&[], "az://logs"), 2, "az://…: no storage account is named", "set AZURE_STORAGE_ACCOUNT_NAME");
    assert_told(&flows(&[], "s3://bucket/key"), 2, "s3://…: it is no address of Azure Blob Storage", "give az://");
    let account = ("AZURE_STORAGE_ACCOUNT_NAME", "store1");
    let key = [account, ("AZURE_STORAGE_ACCOUNT_KEY", "s3cret!")];
    assert_told(
        &flows(&key, "az://logs"),
        2,
        "az://…: AZURE_STORAGE_ACCOUNT_KEY holds a value that is not understood",
        "docs/azure.md",
    );
    let token = [account, ("AZURE_STORAGE_SAS_TOKEN", "s3cret")];
    assert_told(&flows(&token, "az://logs"), 2, "az://…: AZURE_STORAGE_SAS_TOKEN holds", "docs/azure.md");
}

#[test]
fn a_host_that_does_not_exist_or_answer_is_told() {
    // Names below .invalid never exist.
    let account =
        [("AZURE_STORAGE_ACCOUNT_NAME", "store1"), ("AZURE_STORAGE_ACCOUNT_KEY", SECRET), ("AZFLOW_AZURE_RETRY_SECONDS", "0")];
    let no_host = [&account[..], &[("AZURE_STORAGE_ENDPOINT", "https://store1.blob.invalid")]].concat();
    let told = "az://store1/logs/a: the store cannot be reached: ";
    assert_told(&flows(&no_host, "az://logs/a"), 2, told, "check the account's name, the network");
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let refused = format!("http://127.0.0.1:{nobody}/store1/logs/a?sv=2024-11-04&sig={SECRET}");
    assert_told(&flows(&account[2..], &refused), 2, told, "check the account's name, the network");
}

#[test]
fn every_refusal_of_a_store_is_told_by_its_code_with_what_is_missing() {
    let rights = "it needs the role Storage Blob Data Reader, or a signature with read and list (sp=rl)";
    for (status, code, message, hint) in [
        (
            403,
            "AuthenticationFailed",
            "the store refuses it (AuthenticationFailed)",
            "the key or the signature is wrong, cut off, expired",
        ),
        (403, "AuthorizationPermissionMismatch", "the store refuses it (AuthorizationPermissionMismatch)", rights),
        (403, "AuthorizationFailure", "the store refuses it (AuthorizationFailure)", "the account's firewall"),
        (403, "SomethingNew", "the store refuses it (SomethingNew)", rights),
        (401, "NoAuthenticationInformation", "the store refuses it (NoAuthenticationInformation)", "set a credential"),
        (403, "sig=s3cret", "the store refuses it (HTTP 403)", rights),
        (404, "ContainerNotFound", "there is no such container", "check the container's name and the account"),
        (404, "BlobNotFound", "there is no such blob or folder", "check the prefix"),
        (409, "AccountIsDisabled", "the store answers 409 (AccountIsDisabled)", "run again"),
        (302, "x", "an answer of the store or of its identity service is not understood", "run again"),
    ] {
        let fake = Fake::answering(move |_| Answer::new(status, TELLTALE).with("x-ms-error-code", code));
        for name in ["a", "a.json"] {
            let address = format!("{}/logs/{name}?sv=2024-11-04&sig={SECRET}", fake.endpoint("store1"));
            assert_told(&listing_of(&address), 2, &format!("az://store1/logs/{name}: {message}"), hint);
        }
    }
    for body in ["", TELLTALE, "<EnumerationResults>", "s3cret"] {
        let fake = Fake::answering(move |_| Answer::new(200, body));
        let address = format!("{}/logs/a?sv=2024-11-04&sig={SECRET}", fake.endpoint("store1"));
        assert_told(&listing_of(&address), 2, "az://store1/logs/a: an answer of the store", "run again");
    }
    let fake = Fake::answering(|_| Answer::new(403, TELLTALE).with("x-ms-error-code", "AuthenticationFailed"));
    let endpoint = fake.endpoint("store1");
    let keyed =
        [("AZURE_STORAGE_ACCOUNT_NAME", "store1"), ("AZURE_STORAGE_ACCOUNT_KEY", SECRET), ("AZURE_STORAGE_ENDPOINT", &endpoint)];
    let told = "az://store1/logs: the store refuses it (AuthenticationFailed)\n";
    assert_told(&flows(&keyed, "az://logs"), 2, told, "the key or the signature is wrong");
}

#[test]
fn an_identity_that_is_refused_is_told() {
    let fake = Fake::answering(|_| Answer::new(400, "{\"error\":\"invalid_client\",\"error_description\":\"czNjcmV0\"}"));
    let host = format!("http://127.0.0.1:{}", fake.port);
    let principal = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "store1"),
        ("AZURE_CLIENT_ID", "id"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_SECRET", "s3cret"),
        ("AZURE_AUTHORITY_HOST", &host),
        ("AZURE_ALLOW_HTTP", "true"),
    ];
    let told = "az://store1/logs: no token for the store: the identity service answers 400";
    assert_told(&flows(&principal, "az://logs"), 2, told, "set a credential");
    let managed = [("AZURE_STORAGE_ACCOUNT_NAME", "store1"), ("IDENTITY_ENDPOINT", &host), ("IDENTITY_HEADER", "s3cret")];
    assert_told(&flows(&managed, "az://logs"), 2, told, "set a credential");
    assert!(fake.requests().iter().any(|request| request.header("x-identity-header") == Some("s3cret")), "it was asked");
}

#[test]
fn a_real_store_refuses_in_the_same_words() {
    let Some(azurite) = Azurite::start() else { return };
    let container = azurite.container("refuses");
    container.write("a.json", small_blob().as_bytes());
    let [account, (_, _), (endpoint, url)] = azurite.variables();
    let wrong = [(account.0, account.1.as_str()), ("AZURE_STORAGE_ACCOUNT_KEY", SECRET), (endpoint, &url)];
    assert_told(&flows(&wrong, "az://refuses"), 2, &format!("az://{ACCOUNT}/refuses: the store refuses it ("), "");
    let forged = format!("{}?{}", container.address(""), signature("rl").replace("sp=rl", "sp=rlw"));
    assert_told(&flows(&[], &forged), 2, &format!("az://{ACCOUNT}/refuses: the store refuses it ("), "");
    let no_listing = format!("{}?{}", container.address(""), signature("r"));
    assert_told(&flows(&[], &no_listing), 2, &format!("az://{ACCOUNT}/refuses: the store refuses it ("), "");
    let right = azurite.variables();
    let right: Vec<_> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_told(
        &flows(&right, "az://nothing-here"),
        2,
        &format!("az://{ACCOUNT}/nothing-here: there is no such container"),
        "check",
    );
    assert_told(
        &flows(&right, "az://refuses/b"),
        2,
        &format!("az://{ACCOUNT}/refuses/b: there is no such blob or folder"),
        "check",
    );
    assert_told(
        &flows(&right, "az://refuses/b.json"),
        2,
        &format!("az://{ACCOUNT}/refuses/b.json: there is no such blob or folder"),
        "check",
    );
}

#[test]
fn a_blob_that_is_gone_when_it_is_read_is_one_problem_and_the_rest_goes_on() {
    let listing = |name: &str| {
        format!(
            "<Blob><Name>{name}</Name><Properties><Last-Modified>Mon, 19 Aug 2024 17:00:00 GMT</Last-Modified><Etag>0x1</Etag>\
             <Content-Length>9</Content-Length><Content-Type>x</Content-Type></Properties></Blob>"
        )
    };
    let both = format!(
        "<EnumerationResults><Blobs>{}{}</Blobs><NextMarker /></EnumerationResults>",
        listing("a.json"),
        listing("b.json")
    );
    let fake = Fake::answering(move |request| match request.line.contains("comp=list") {
        true => Answer::new(200, both.clone()),
        false if request.line.contains("a.json") => Answer::new(404, TELLTALE).with("x-ms-error-code", "BlobNotFound"),
        false => Answer::new(403, TELLTALE).with("x-ms-error-code", "AuthorizationPermissionMismatch"),
    });
    let ran = flows(&[], &format!("{}/logs?sv=2024-11-04&sig={SECRET}", fake.endpoint("store1")));
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("warning: cannot read blob a.json whole: there is no such blob or folder\n"), "{ran:?}");
    assert!(
        ran.stderr.contains("warning: cannot read blob b.json whole: the store refuses it (AuthorizationPermissionMismatch)\n"),
        "{ran:?}"
    );
}
