//! One container: asked for bytes of its blobs, and for what it holds.
//!
//! Goes in: keys, versions, ranges. Comes out: bytes and entries. Only reads: it never writes, and never asks which containers there are.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::failure::meaning;
use crate::source::layout::{Level, TimeFolder};
use crate::source::store_error::StoreError;

/// Listings under way at once, where folders are looked into one by one.
const LISTINGS_MAX: usize = 16;

/// How deep folders are looked into for those of a time. Azure's stand at most 9 deep; below this depth everything is listed.
const DEPTH_MAX: usize = 16;

/// A container that is ready to be asked, from any thread that is none of its own.
#[derive(Clone)]
pub struct Container {
    store: MicrosoftAzure,
    runtime: Arc<Runtime>,
    /// `az://ACCOUNT/CONTAINER`.
    pub location: Arc<str>,
}

/// A blob that was listed.
pub struct Entry {
    /// Its whole name.
    pub key: Path,
    /// Its bytes as stored.
    pub bytes: u64,
    /// Its ETag.
    pub version: Box<str>,
}

impl From<ObjectMeta> for Entry {
    fn from(meta: ObjectMeta) -> Self {
        // A listing gives it bare, a header in quotes.
        let version = meta.e_tag.as_deref().unwrap_or_default().trim_matches('"').into();
        Self { key: meta.location, bytes: meta.size, version }
    }
}

impl Container {
    /// The container that `store` answers for, whose requests run on `runtime`.
    pub fn new(store: MicrosoftAzure, runtime: Arc<Runtime>, location: Arc<str>) -> Self {
        Self { store, runtime, location }
    }

    /// Begins to fetch the bytes `range`, not empty, of a version.
    pub fn ask(&self, key: &Path, version: &str, range: Range<u64>) -> JoinHandle<Result<Vec<u8>, StoreError>> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            if_match: (!version.is_empty()).then(|| format!("\"{version}\"")),
            ..GetOptions::default()
        };
        // Only the store goes along: the runtime must not end on one of its own threads.
        let (store, key) = (self.store.clone(), key.clone());
        self.runtime.spawn(async move {
            let answer = store.get_opts(&key, options).await.map_err(|error| meaning(&error))?;
            let bytes = answer.bytes().await.map_err(|error| meaning(&error))?;
            if bytes.len() as u64 != range.end - range.start {
                return Err(StoreError::Broken("it gives other bytes than it was asked for"));
            }
            Ok(bytes.into())
        })
    }

    /// What was asked for.
    pub fn wait_for(&self, part: JoinHandle<Result<Vec<u8>, StoreError>>) -> Result<Vec<u8>, StoreError> {
        self.runtime.block_on(part).unwrap_or(Err(StoreError::Broken("a request was given up")))
    }

    /// The bytes and the version that a blob has now.
    pub fn look_at(&self, key: &Path) -> Result<(u64, Box<str>), StoreError> {
        let entry: Entry = self.wait(self.store.head(key))?.into();
        Ok((entry.bytes, entry.version))
    }

    /// The blob of this name, if there is one.
    pub fn blob(&self, key: &Path) -> Result<Option<Entry>, StoreError> {
        match self.wait(self.store.head(key)) {
            Ok(meta) => Ok(Some(meta.into())),
            Err(StoreError::NoBlob) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists every blob below `prefix`, in no particular order.
    pub fn list(&self, prefix: &Path, take: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
        let listing = self.store.list(Some(prefix));
        self.wait(listing.try_for_each(|meta| {
            take(meta.into());
            std::future::ready(Ok(()))
        }))
    }

    /// As [`Self::list`], but folders of a time that is over by `since` (ms since the epoch) are not asked for; says whether there were any.
    ///
    /// Looks into folders level by level until it has passed those of a year, month, day and hour that `since` falls into.
    pub fn list_since(&self, prefix: &Path, since: i64, take: &mut dyn FnMut(Entry)) -> Result<bool, StoreError> {
        let (mut level, mut wanted, mut has_passed_by) = (vec![prefix.clone()], Vec::new(), false);
        for _ in 0..DEPTH_MAX {
            let listings = stream::iter(std::mem::take(&mut level))
                .map(|folder| async move { self.store.list_with_delimiter(Some(&folder)).await });
            let listings = listings.buffer_unordered(LISTINGS_MAX).try_for_each(|listing| {
                listing.objects.into_iter().for_each(|meta| take(meta.into()));
                for folder in listing.common_prefixes {
                    match TimeFolder::parse(folder.as_ref()) {
                        Some(time) if time.times.end <= since => has_passed_by = true,
                        Some(time) if time.times.start >= since || time.level == Level::Hour => wanted.push(folder),
                        _ => level.push(folder),
                    }
                }
                std::future::ready(Ok(()))
            });
            self.wait(listings)?;
            if level.is_empty() {
                break;
            }
        }
        wanted.append(&mut level);
        let listings = stream::iter(wanted.iter().map(|folder| self.store.list(Some(folder)))).flatten_unordered(LISTINGS_MAX);
        self.wait(listings.try_for_each(|meta| {
            take(meta.into());
            std::future::ready(Ok(()))
        }))?;
        Ok(has_passed_by)
    }

    fn wait<T>(&self, answer: impl Future<Output = object_store::Result<T>>) -> Result<T, StoreError> {
        self.runtime.block_on(answer).map_err(|error| meaning(&error))
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)
    }
}
