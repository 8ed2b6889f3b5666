//! Blobs of Azure Blob Storage.
//!
//! Goes in: an INPUT that is an address, and the environment. Comes out: what lies there, and its bytes. Everything asynchronous stays in
//! here: to the rest of the crate a remote blob reads like a file. `address` understands the INPUT, `environment` credentials,
//! `patience` waits for a store that throttles, `container` lists and asks, `reader` reads ahead.

mod address;
mod container;
mod environment;
mod failure;
mod patience;
mod reader;

use std::cell::Cell;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use object_store::path::Path;
use tokio::runtime::{Builder, Runtime};

use address::Address;
use container::{Container, Entry};
use environment::{Connected, Environment};
use reader::RangeReader;

use super::blob::ENDINGS;
use super::error::SourceError;
use super::listing::{FoundBlob, ListOptions, ends_in};
use super::store_error::StoreError;

/// Threads that requests run on. Unit: threads; they wait more than they work, and TLS is most of their work.
const RUNTIME_THREADS: usize = 2;

/// What lies at addresses, asked for one after the other.
#[derive(Default)]
pub struct Remote {
    environment: Option<Environment>,
    runtime: Option<Arc<Runtime>>,
}

/// Where a blob lies in a store.
#[derive(Clone, Debug)]
pub struct RemoteBlob {
    container: Container,
    key: Box<str>,
}

impl Remote {
    /// Hands every blob below an address to `take`, in no particular order, less folders of a time that `options` leave out.
    ///
    /// Errors: the address or the environment is wrong; there is nothing of this name; the store refuses, throttles or cannot be reached.
    pub fn list(&mut self, input: &str, options: &ListOptions, take: &mut dyn FnMut(FoundBlob)) -> Result<(), SourceError> {
        let refused = |fault| SourceError::Address { scheme: scheme_of(input).to_owned(), fault };
        let address = Address::parse(input).map_err(refused)?;
        let environment = match self.environment.take() {
            Some(environment) => environment,
            None => Environment::new(variables()).map_err(refused)?,
        };
        let connected = environment.connect(&address);
        self.environment = Some(environment);
        let Connected { store, account } = connected.map_err(refused)?;
        let location = format!("az://{account}/{}", address.container);
        let place = if address.prefix.is_root() { location.clone() } else { format!("{location}/{}", address.prefix) };
        let unreachable = |cause| SourceError::Store { place, cause };
        let container = match self.runtime() {
            Ok(runtime) => Container::new(store, runtime, location.into()),
            Err(_) => return Err(unreachable(StoreError::Broken("no threads can be started for it"))),
        };
        below(&container, &address.prefix, options, take).map_err(unreachable)
    }

    /// The runtime of all containers, made with the first.
    fn runtime(&mut self) -> std::io::Result<Arc<Runtime>> {
        if let Some(runtime) = &self.runtime {
            return Ok(Arc::clone(runtime));
        }
        let runtime =
            Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).thread_name("azflow-store").enable_all().build()?;
        Ok(Arc::clone(self.runtime.insert(Arc::new(runtime))))
    }
}

/// Lists what lies below a prefix, or the blob that it names.
fn below(container: &Container, prefix: &Path, options: &ListOptions, take: &mut dyn FnMut(FoundBlob)) -> Result<(), StoreError> {
    let found = Cell::new(false);
    let mut hand_over = |entry: Entry, is_named: bool| {
        found.set(true);
        let whole = entry.key.as_ref();
        let name = match is_named {
            true => whole.rsplit('/').next().unwrap_or(whole),
            false => whole.strip_prefix(prefix.as_ref()).unwrap_or(whole).trim_start_matches('/'),
        };
        let blob = RemoteBlob { container: container.clone(), key: whole.into() };
        take(FoundBlob { name: name.to_owned(), bytes: entry.bytes, version: entry.version, blob, is_named });
    };
    // A blob first, where the name looks like one: a signature for a single blob allows no listing.
    let is_blob = ends_in(prefix.as_ref(), ENDINGS);
    if is_blob && let Some(entry) = container.blob(prefix)? {
        hand_over(entry, true);
        return Ok(());
    }
    let has_passed_by = match options.since {
        Some(since) => container.list_since(prefix, since, &mut |entry| hand_over(entry, false))?,
        None => container.list(prefix, &mut |entry| hand_over(entry, false)).map(|()| false)?,
    };
    if found.get() || has_passed_by || prefix.is_root() {
        return Ok(());
    }
    let named = if is_blob { None } else { container.blob(prefix)? };
    named.map(|entry| hand_over(entry, true)).ok_or(StoreError::NoBlob)
}

fn scheme_of(input: &str) -> &str {
    input.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// The variables of the process that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl RemoteBlob {
    /// `az://ACCOUNT/CONTAINER/BLOB`.
    pub fn location(&self) -> String {
        format!("{}/{}", self.container.location, self.key)
    }

    /// Its stored bytes, whole: of `version`, or of the newest one if it grew meanwhile.
    pub fn whole(&self, version: &str, bytes: u64) -> Box<dyn Read + Send> {
        Box::new(RangeReader::whole(self.container.clone(), self.path(), version.into(), bytes))
    }

    /// The stored bytes `wanted` of `version`.
    pub fn part(&self, version: &str, wanted: Range<u64>) -> Box<dyn Read + Send> {
        Box::new(RangeReader::strict(self.container.clone(), self.path(), version.into(), wanted))
    }

    /// The bytes and the version that it has now.
    pub fn look_at(&self) -> Result<(u64, Box<str>), StoreError> {
        self.container.look_at(&self.path())
    }

    fn path(&self) -> Path {
        Path::parse(&self.key).expect("a key that was listed is a path")
    }
}

impl PartialEq for RemoteBlob {
    fn eq(&self, other: &Self) -> bool {
        (&self.container.location, &self.key) == (&other.container.location, &other.key)
    }
}

impl Eq for RemoteBlob {}
