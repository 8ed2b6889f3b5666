//! The environment's part of an address: account, credential, endpoint, and how long to wait for a store that throttles.
//!
//! Goes in: variables. Comes out: a store that is ready to be asked, or the name of the variable that is wrong, never its value.
//! Every value is checked here, since what cannot be a header or a URL would stop the library short.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use object_store::azure::{AzureConfigKey, MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::{BackoffConfig, ClientConfigKey, RetryConfig};
use reqwest::Url;

use super::address::{Account, Address, is_this_machine, signature};
use super::patience::Connector;
use crate::source::store_error::AddressFault;

/// How long requests wait for a store that throttles, before the run ends. Unit: s; 0 gives up at once. A scheduled run that is
/// started again in an hour does not need to wait long.
const RETRY_SECONDS: u64 = 120;

/// The variable that says otherwise.
const RETRY_VARIABLE: &str = "AZFLOW_AZURE_RETRY_SECONDS";

/// Times that a connection is tried again.
const CONNECT_RETRIES: usize = 4;

/// Names that Azure's other tools use, and those of the library.
static ALIASES: &[(&str, &str)] =
    &[("AZURE_STORAGE_ACCOUNT", "azure_storage_account_name"), ("AZURE_STORAGE_KEY", "azure_storage_account_key")];

/// Keys of a connection string.
static CONNECTION: &[(&str, AzureConfigKey)] = &[
    ("accountname", AzureConfigKey::AccountName),
    ("accountkey", AzureConfigKey::AccessKey),
    ("sharedaccesssignature", AzureConfigKey::SasKey),
    ("blobendpoint", AzureConfigKey::Endpoint),
];

/// The account of the emulator, and the key of it that everybody knows. Source: Microsoft, "Use the Azurite emulator".
const EMULATOR: (&str, &str) =
    ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

/// Whether a value can be what it should be.
type Check = fn(&str) -> bool;

/// The variables that have a say, by their keys in the library.
#[derive(Clone, Default)]
pub struct Environment {
    values: Vec<(AzureConfigKey, String)>,
    uses_emulator: bool,
    emulator_url: Option<String>,
    patience: Option<Duration>,
}

/// A store that is ready to be asked.
pub struct Connected {
    /// Answers for one container.
    pub store: MicrosoftAzure,
    /// The account's name.
    pub account: String,
}

impl Environment {
    /// Takes what it knows from `variables`; white space around a value, which files of secrets often have, is no part of it.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, AddressFault> {
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .filter(|(name, _)| name.starts_with("AZ") || name.starts_with("IDENTITY_"))
            .map(|(name, value)| (name, value.trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut environment = Self::default();
        if let Some(text) = variables.get("AZURE_STORAGE_CONNECTION_STRING") {
            environment.add_connection_string(text)?;
        }
        for (name, value) in &variables {
            let alias = ALIASES.iter().find(|(alias, _)| alias == name).map(|(_, key)| (*key).to_owned());
            let key = alias.unwrap_or_else(|| name.to_ascii_lowercase());
            match (name.as_str(), key.parse()) {
                ("AZURE_STORAGE_USE_EMULATOR", _) => environment.uses_emulator = !["0", "false", "no"].contains(&value.as_str()),
                ("AZURITE_BLOB_STORAGE_URL", _) => environment.emulator_url = Some(value.clone()),
                (RETRY_VARIABLE, _) => {
                    let seconds = value.parse().map_err(|_| AddressFault::BadVariable(RETRY_VARIABLE))?;
                    environment.patience = Some(Duration::from_secs(seconds));
                }
                ("IDENTITY_HEADER", _) if !is_header(value) => return Err(AddressFault::BadVariable("IDENTITY_HEADER")),
                ("IDENTITY_ENDPOINT", _) => environment.set(AzureConfigKey::MsiEndpoint, value),
                // Which container is the address's to say.
                (_, Ok(key)) if name.starts_with("AZURE_") && key != AzureConfigKey::ContainerName => environment.set(key, value),
                _ => {}
            }
        }
        environment.check()?;
        Ok(environment)
    }

    fn set(&mut self, key: AzureConfigKey, value: &str) {
        self.values.retain(|(known, _)| *known != key);
        self.values.push((key, value.to_owned()));
    }

    fn get(&self, key: AzureConfigKey) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    fn add_connection_string(&mut self, text: &str) -> Result<(), AddressFault> {
        let fault = AddressFault::BadVariable("AZURE_STORAGE_CONNECTION_STRING");
        let mut suffix = "core.windows.net";
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(fault)?;
            let name = name.to_ascii_lowercase();
            match CONNECTION.iter().find(|(known, _)| *known == name) {
                Some((_, key)) => self.set(*key, value),
                None if name == "usedevelopmentstorage" => self.uses_emulator |= value.eq_ignore_ascii_case("true"),
                None if name == "endpointsuffix" => suffix = value,
                None => {}
            }
        }
        if let (Some(account), None) = (self.get(AzureConfigKey::AccountName), self.get(AzureConfigKey::Endpoint)) {
            let endpoint = format!("https://{account}.blob.{suffix}");
            self.set(AzureConfigKey::Endpoint, &endpoint);
        }
        Ok(())
    }

    /// Refuses values that cannot be what they should be.
    fn check(&self) -> Result<(), AddressFault> {
        use AzureConfigKey as Key;
        let is_url = |value: &str| Url::parse(value).is_ok_and(|url| url.has_host() && url.username().is_empty());
        let is_word = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let is_key = |value: &str| BASE64_STANDARD.decode(value).is_ok();
        let is_signature = |value: &str| signature(value).is_ok();
        let checks: [(Key, Check, &'static str); 9] = [
            (Key::AccountName, is_word, "AZURE_STORAGE_ACCOUNT_NAME"),
            (Key::AccessKey, is_key, "AZURE_STORAGE_ACCOUNT_KEY"),
            (Key::SasKey, is_signature, "AZURE_STORAGE_SAS_TOKEN"),
            (Key::Token, is_header, "AZURE_STORAGE_TOKEN"),
            (Key::AuthorityId, is_word, "AZURE_TENANT_ID"),
            (Key::AuthorityHost, is_url, "AZURE_AUTHORITY_HOST"),
            (Key::MsiEndpoint, is_url, "IDENTITY_ENDPOINT"),
            (Key::Endpoint, is_url, "AZURE_STORAGE_ENDPOINT"),
            (Key::FederatedTokenFile, is_readable, "AZURE_FEDERATED_TOKEN_FILE"),
        ];
        match checks.iter().find(|(key, is_good, _)| self.get(*key).is_some_and(|value| !is_good(value))) {
            Some((.., name)) => Err(AddressFault::BadVariable(name)),
            None => Ok(()),
        }
    }

    /// The store of an address.
    pub fn connect(&self, address: &Address) -> Result<Connected, AddressFault> {
        let Account { name, endpoint, is_local } = match &address.account {
            Some(account) => account.clone(),
            None => self.account()?,
        };
        let url = Url::parse(&endpoint).map_err(|_| AddressFault::NotAzure)?;
        // Against other secrets of the environment, those of the address itself come first.
        let mut builder = defaults();
        for (key, value) in &self.values {
            builder = builder.with_config(*key, value);
        }
        builder = builder.with_account(&name).with_endpoint(endpoint).with_container_name(&address.container);
        if let Some(pairs) = &address.signature {
            builder = builder.with_sas_authorization(pairs.clone()).with_credential_type("sas_token");
        } else if is_local && name == EMULATOR.0 && !self.has_credential() {
            builder = builder.with_access_key(EMULATOR.1);
        }
        let patience = self.patience.unwrap_or(Duration::from_secs(RETRY_SECONDS));
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(10), base: 2.0 },
            max_retries: CONNECT_RETRIES,
            retry_timeout: patience,
        };
        let connector = Connector::new(url.host_str().unwrap_or_default(), patience);
        if url.scheme() == "http" {
            builder = builder.with_allow_http(true);
        }
        let store = builder.with_retry(retry).with_http_connector(connector).build();
        Ok(Connected { store: store.map_err(|_| AddressFault::BadEnvironment)?, account: name })
    }

    /// The account that an address without one belongs to.
    fn account(&self) -> Result<Account, AddressFault> {
        let name = self.get(AzureConfigKey::AccountName);
        let name = name.or(self.uses_emulator.then_some(EMULATOR.0)).ok_or(AddressFault::NoAccount)?.to_owned();
        let endpoint = match (self.get(AzureConfigKey::Endpoint), &self.emulator_url) {
            (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
            (None, Some(url)) if self.uses_emulator => format!("{}/{name}", url.trim_end_matches('/')),
            (None, None) if self.uses_emulator => format!("http://127.0.0.1:10000/{name}"),
            (None, _) => format!("https://{name}.blob.core.windows.net"),
        };
        let host = Url::parse(&endpoint).ok().and_then(|url| url.host_str().map(is_this_machine));
        Ok(Account { name, endpoint, is_local: self.uses_emulator || host.unwrap_or(false) })
    }

    fn has_credential(&self) -> bool {
        use AzureConfigKey as Key;
        [
            Key::AccessKey,
            Key::SasKey,
            Key::Token,
            Key::ClientSecret,
            Key::FederatedTokenFile,
            Key::UseAzureCli,
            Key::CredentialType,
        ]
        .iter()
        .any(|key| self.get(*key).is_some())
    }
}

/// A part of 4 MiB takes a while on a slow line; the variables AZURE_TIMEOUT and AZURE_CONNECT_TIMEOUT say otherwise.
fn defaults() -> MicrosoftAzureBuilder {
    let key = AzureConfigKey::Client;
    MicrosoftAzureBuilder::new()
        .with_config(key(ClientConfigKey::Timeout), "300s")
        .with_config(key(ClientConfigKey::ReadTimeout), "60s")
        .with_config(key(ClientConfigKey::ConnectTimeout), "10s")
}

/// Whether the value can stand in a header.
fn is_header(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_graphic())
}

fn is_readable(path: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|token| !token.trim().is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, AddressFault> {
        Environment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn account(variables: &[(&str, &str)]) -> Result<String, AddressFault> {
        environment(variables)?.account().map(|account| format!("{} {}", account.name, account.endpoint))
    }

    #[test]
    fn the_account_is_found_by_every_usual_name() {
        let public = Ok("store1 https://store1.blob.core.windows.net".to_owned());
        assert_eq!(account(&[("AZURE_STORAGE_ACCOUNT_NAME", "store1\n")]), public);
        assert_eq!(account(&[("AZURE_STORAGE_ACCOUNT", "store1")]), public);
        assert_eq!(
            account(&[(
                "AZURE_STORAGE_CONNECTION_STRING",
                "DefaultEndpointsProtocol=https;AccountName=store1;AccountKey=a2V5;EndpointSuffix=core.windows.net"
            )]),
            public
        );
        let china = "AccountName=store1;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn;";
        assert_eq!(
            account(&[("AZURE_STORAGE_CONNECTION_STRING", china)]),
            Ok("store1 https://store1.blob.core.chinacloudapi.cn".into())
        );
        assert_eq!(
            account(&[("AZURE_STORAGE_ACCOUNT", "store1"), ("AZURE_STORAGE_ENDPOINT", "https://logs.example/")]),
            Ok("store1 https://logs.example".into())
        );
        let emulator = Ok("devstoreaccount1 http://127.0.0.1:10000/devstoreaccount1".to_owned());
        assert_eq!(account(&[("AZURE_STORAGE_USE_EMULATOR", "true")]), emulator);
        assert_eq!(account(&[("AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true")]), emulator);
        assert_eq!(account(&[("AZURE_STORAGE_USE_EMULATOR", "false")]), Err(AddressFault::NoAccount));
        assert_eq!(account(&[]), Err(AddressFault::NoAccount));
    }

    #[test]
    fn a_value_that_cannot_be_right_is_named_by_its_variable_alone() {
        for (name, value) in [
            ("AZURE_STORAGE_ACCOUNT_KEY", "s3cret!"),
            ("AZURE_STORAGE_SAS_TOKEN", "sv=2024&s3cret"),
            ("AZURE_STORAGE_TOKEN", "s3\ncret"),
            ("AZURE_TENANT_ID", "s3cret tenant"),
            ("AZURE_AUTHORITY_HOST", "s3cret"),
            ("AZURE_STORAGE_ENDPOINT", "s3cret"),
            ("AZURE_FEDERATED_TOKEN_FILE", "no/such/s3cret"),
            ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;s3cret"),
            ("IDENTITY_ENDPOINT", "s3cret"),
            ("IDENTITY_HEADER", "s3 cret"),
            ("AZFLOW_AZURE_RETRY_SECONDS", "s3cret"),
        ] {
            let fault = environment(&[(name, value)]).err().unwrap_or_else(|| panic!("{name} is taken"));
            assert_eq!(fault, AddressFault::BadVariable(name));
            assert!(!fault.to_string().contains("s3"), "{fault}");
        }
    }

    #[test]
    fn every_kind_of_credential_makes_a_store_that_shows_none() {
        let token = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(token.path(), "s3cret").unwrap();
        let identity = [("AZURE_CLIENT_ID", "id"), ("AZURE_TENANT_ID", "tenant")];
        let kinds: [&[(&str, &str)]; 7] = [
            &[("AZURE_STORAGE_ACCOUNT_KEY", "czNjcmV0")],
            &[("AZURE_STORAGE_SAS_TOKEN", "?sv=2024-11-04&sig=s3cret")],
            &[identity[0], identity[1], ("AZURE_CLIENT_SECRET", "s3cret")],
            &[identity[0], identity[1], ("AZURE_FEDERATED_TOKEN_FILE", token.path().to_str().unwrap())],
            &[("AZURE_STORAGE_TOKEN", "s3cret")],
            &[("AZURE_USE_AZURE_CLI", "true")],
            &[],
        ];
        for kind in kinds {
            let environment = environment(&[&[("AZURE_STORAGE_ACCOUNT_NAME", "store1")], kind].concat()).unwrap();
            let connected = environment.connect(&Address::parse("az://logs/a").unwrap()).unwrap();
            assert_eq!(connected.account, "store1");
            assert!(!connected.store.to_string().contains("s3cret"));
        }
        let bad = environment(&[("AZURE_STORAGE_ACCOUNT_NAME", "store1"), ("AZURE_CREDENTIAL_TYPE", "s3cret")]).unwrap();
        let fault = bad.connect(&Address::parse("az://logs").unwrap()).err();
        assert_eq!(fault, Some(AddressFault::BadEnvironment));
    }
}
