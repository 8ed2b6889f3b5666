//! Stands in for the sender of webhooks in a build without the feature `notify`: no message is sent, and each says so.

pub mod address;
pub mod failure;
pub mod settings;

use address::Address;
use failure::Failure;
use settings::Settings;

/// Whether this build sends webhooks.
pub const IS_BUILT: bool = false;

/// Sends nothing.
///
/// # Errors
/// Always [`Failure::LeftOut`].
pub fn post(address: &Address, _body: &[u8], _settings: &Settings) -> Result<(), Failure> {
    // What would be connected to is read and dropped.
    let _ = address.whole();
    Err(Failure::LeftOut)
}
