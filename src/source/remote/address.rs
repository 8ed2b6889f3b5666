//! An INPUT that is an address: which account, container and prefix, and the signature it may carry.
//!
//! Goes in: the text of an INPUT. Comes out: an [`Address`], or what is wrong with it, never its text. Only hosts of Azure, and this
//! machine for an emulator, are believed, since a credential goes wherever an address says.

use object_store::azure::split_sas;
use object_store::path::Path;
use reqwest::Url;

use crate::source::store_error::AddressFault;

/// Endings of the hosts of Azure Blob Storage: public, US Government, China, and DNS zones.
static SUFFIXES: &[&str] = &[".core.windows.net", ".core.usgovcloudapi.net", ".core.chinacloudapi.cn", ".storage.azure.net"];

/// What an address says.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The storage account and the URL of its Blob service; `None` where the environment must say so.
    pub account: Option<Account>,
    /// The container.
    pub container: String,
    /// The part of a blob's name that all blobs begin with, whole segments; or the name of a blob.
    pub prefix: Path,
    /// The pairs of a shared access signature, decoded.
    pub signature: Option<Vec<(String, String)>>,
}

/// A storage account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The URL of its Blob service, without a `/` at its end.
    pub endpoint: String,
    /// Whether it runs on this machine.
    pub is_local: bool,
}

impl Address {
    /// Parses `az://CONTAINER/PREFIX`, `abfss://CONTAINER@HOST/PREFIX` or `https://HOST/CONTAINER/PREFIX`, each with or
    /// without `?SIGNATURE`.
    pub fn parse(input: &str) -> Result<Self, AddressFault> {
        let (scheme, rest) = input.split_once("://").ok_or(AddressFault::NotAzure)?;
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let signature = query.map(signature).transpose()?;
        let (account, container, prefix) = match scheme.to_ascii_lowercase().as_str() {
            "az" | "azure" => {
                let (container, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                (None, container.to_owned(), Path::parse(prefix))
            }
            "abfs" | "abfss" => {
                let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let (container, host) = authority.split_once('@').ok_or(AddressFault::NotAzure)?;
                (Some(account(host)?), container.to_owned(), Path::parse(prefix))
            }
            "https" | "http" => {
                let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| AddressFault::NotAzure)?;
                let (account, path) = of_url(&url)?;
                let (container, prefix) = path.split_once('/').unwrap_or((&path, ""));
                (Some(account), container.to_owned(), Path::from_url_path(prefix))
            }
            _ => return Err(AddressFault::NotAzure),
        };
        if !is_container(&container) {
            return Err(AddressFault::NoContainer);
        }
        Ok(Self { account, container, prefix: prefix.map_err(|_| AddressFault::BadPath)?, signature })
    }
}

/// The account of a URL, and the path that begins with the container.
fn of_url(url: &Url) -> Result<(Account, String), AddressFault> {
    let host = url.host_str().unwrap_or_default();
    let path = url.path().trim_start_matches('/');
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressFault::NotAzure);
    }
    if is_this_machine(host) {
        // An emulator has the account's name in its path.
        let (name, path) = path.split_once('/').unwrap_or((path, ""));
        let endpoint = format!("{}/{name}", url.origin().ascii_serialization());
        return Ok((Account { name: name.to_owned(), endpoint, is_local: true }, path.to_owned()));
    }
    let account = account(host)?;
    match (url.scheme(), url.port()) {
        ("https", None) => Ok((account, path.to_owned())),
        ("https", Some(_)) => Err(AddressFault::NotAzure),
        _ => Err(AddressFault::NotEncrypted),
    }
}

/// The account of a host such as `ACCOUNT.blob.core.windows.net`.
fn account(host: &str) -> Result<Account, AddressFault> {
    let host = host.to_ascii_lowercase();
    let (name, service) = host.split_once('.').ok_or(AddressFault::NotAzure)?;
    let is_name = (3..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_service = service.split('.').any(|label| label == "blob" || label == "dfs");
    if !is_name || !is_service || !SUFFIXES.iter().any(|suffix| host.ends_with(suffix)) {
        return Err(AddressFault::NotAzure);
    }
    // The same blobs, seen through another service.
    let endpoint = format!("https://{name}.{}", service.replacen("dfs.", "blob.", 1));
    Ok(Account { name: name.to_owned(), endpoint, is_local: false })
}

/// Whether a host is this machine.
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Whether a container can have this name. Source: Microsoft, "Naming and referencing containers, blobs, and metadata".
fn is_container(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_system = ["$root", "$web", "$logs"].contains(&name);
    is_system || ((3..=63).contains(&name.len()) && name.bytes().all(is_plain))
}

/// The pairs of a shared access signature.
pub fn signature(text: &str) -> Result<Vec<(String, String)>, AddressFault> {
    let pairs = split_sas(text).map_err(|_| AddressFault::BadSignature)?;
    if pairs.iter().any(|(key, value)| key == "sig" && !value.is_empty()) { Ok(pairs) } else { Err(AddressFault::BadSignature) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SAS: &str = "sv=2024-11-04&sp=rl&sig=a%2Bb%3D";

    fn parts(input: &str) -> (Option<String>, String, String, bool) {
        let Address { account, container, prefix, signature } =
            Address::parse(input).unwrap_or_else(|fault| panic!("{input}: {fault}"));
        (
            account.map(|account| format!("{} {}", account.name, account.endpoint)),
            container,
            prefix.to_string(),
            signature.is_some(),
        )
    }

    fn fault(input: &str) -> AddressFault {
        Address::parse(input).err().unwrap_or_else(|| panic!("{input} is understood"))
    }

    #[test]
    fn every_form_of_an_address_is_understood() {
        let logs = "insights-logs-flowlogflowevent";
        let of = |account: Option<&str>, prefix: &str, signed| {
            (account.map(str::to_owned), logs.to_owned(), prefix.to_owned(), signed)
        };
        let account = Some("store1 https://store1.blob.core.windows.net");
        assert_eq!(parts(&format!("az://{logs}")), of(None, "", false));
        assert_eq!(parts(&format!("az://{logs}/resourceId=/SUB/50%/")), of(None, "resourceId=/SUB/50%", false));
        assert_eq!(parts(&format!("az://{logs}/a?{SAS}")), of(None, "a", true));
        assert_eq!(parts(&format!("https://store1.blob.core.windows.net/{logs}")), of(account, "", false));
        assert_eq!(parts(&format!("HTTPS://Store1.dfs.core.windows.net/{logs}/a%20b/?{SAS}")), of(account, "a b", true));
        assert_eq!(parts(&format!("abfss://{logs}@store1.dfs.core.windows.net/a")), of(account, "a", false));
        let zone = Some("store1 https://store1.z12.blob.storage.azure.net");
        assert_eq!(parts(&format!("https://store1.z12.blob.storage.azure.net/{logs}/a")), of(zone, "a", false));
        let emulator = Some("devstoreaccount1 http://127.0.0.1:10000/devstoreaccount1");
        assert_eq!(parts(&format!("http://127.0.0.1:10000/devstoreaccount1/{logs}/a")), of(emulator, "a", false));
    }

    #[test]
    fn a_signature_is_decoded_and_leaves_the_path() {
        let address = Address::parse(&format!("az://logs/a?{SAS}")).unwrap();
        assert_eq!(address.signature.unwrap()[2], ("sig".to_owned(), "a+b=".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_text() {
        use AddressFault::{BadPath, BadSignature, NoContainer, NotAzure, NotEncrypted};
        for (input, expected) in [
            ("s3://bucket/key", NotAzure),
            ("https://account.example/logs", NotAzure),
            ("https://store1.blob.core.windows.net.example/logs", NotAzure),
            ("https://store1.core.windows.net/logs", NotAzure),
            ("https://user:secret@store1.blob.core.windows.net/logs", NotAzure),
            ("https://store1.blob.core.windows.net:8443/logs", NotAzure),
            ("https://10.0.0.4/store1/logs", NotAzure),
            ("https://", NotAzure),
            ("abfss://logs/a", NotAzure),
            ("http://store1.blob.core.windows.net/logs", NotEncrypted),
            ("az://", NoContainer),
            ("az://store1.blob.core.windows.net/logs", NoContainer),
            ("https://store1.blob.core.windows.net/", NoContainer),
            ("az://logs/a//b", BadPath),
            ("az://logs/../a", BadPath),
            ("https://store1.blob.core.windows.net/logs/%ff", BadPath),
            ("az://logs?sp=rl", BadSignature),
            ("az://logs?secret", BadSignature),
            ("az://logs?sig=", BadSignature),
        ] {
            assert_eq!(fault(input), expected, "{input}");
        }
    }
}
