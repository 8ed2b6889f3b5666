//! Microsoft's service tags: which service and region a public address of Azure belongs to.

use super::ServiceTag;
use crate::schema::Address;
use crate::schema::inputs::InputInfo;

/// Service tags by prefix; by default none.
#[derive(Clone, Debug, Default)]
pub struct ServiceTags {}

/// A service-tag file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read service tags: {file}")]
pub struct ServiceTagError {
    /// Name of the file, as given.
    pub file: String,
}

impl ServiceTags {
    /// Adds a file.
    pub fn add(&mut self, file: &str, _bytes: &[u8]) -> Result<InputInfo, ServiceTagError> {
        Err(ServiceTagError { file: file.to_owned() })
    }

    /// Whether no file was given.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// The most specific tag of an address: longest prefix, then regional service, service, regional cloud, cloud.
    pub fn get(&self, _address: Address) -> Option<&ServiceTag> {
        None
    }
}
