//! What can go wrong between an address and a store, each with what to do about it.
//!
//! No text of a store, a library or an address is repeated here but names of codes: any of them may carry a credential.

/// Why an address, or the environment it needs, is refused before anything is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Another scheme, or a host that is none of Azure's.
    #[error("it is no address of Azure Blob Storage")]
    NotAzure,
    /// HTTP beyond this machine.
    #[error("its connection is not encrypted")]
    NotEncrypted,
    /// Nothing stands where the container's name belongs, or something that cannot be one.
    #[error("it names no container")]
    NoContainer,
    /// A path with empty or relative parts, or one that is no text.
    #[error("its path is none of a blob")]
    BadPath,
    /// A query without a signature.
    #[error("its query is no shared access signature")]
    BadSignature,
    /// Neither the address nor the environment says which account.
    #[error("no storage account is named")]
    NoAccount,
    /// A variable of the environment whose value cannot be what it should be.
    #[error("{0} holds a value that is not understood")]
    BadVariable(&'static str),
    /// As [`Self::BadVariable`], where the library does not tell which.
    #[error("a variable AZURE_… holds a value that is not understood")]
    BadEnvironment,
}

impl AddressFault {
    /// What the user can do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotAzure => {
                "give az://CONTAINER/PREFIX or https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX; another host goes into AZURE_STORAGE_ENDPOINT"
            }
            Self::NotEncrypted => "write https://",
            Self::NoContainer => "give az://CONTAINER/PREFIX or https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX",
            Self::BadPath => "give the blob's name as Azure shows it; in an https address % and ? are written %25 and %3F",
            Self::BadSignature => "put the address in quotes, and give the signature whole, from sv= to sig=",
            Self::NoAccount => "set AZURE_STORAGE_ACCOUNT_NAME, or give the https address, which names it",
            Self::BadVariable(_) | Self::BadEnvironment => "docs/azure.md has the variables and what they hold",
        }
    }
}

/// Why a store gives no listing or no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The container does not exist.
    #[error("there is no such container")]
    NoContainer,
    /// Nothing has this name.
    #[error("there is no such blob or folder")]
    NoBlob,
    /// The credential, or the lack of one, does not suffice: HTTP 401 and 403.
    #[error("the store refuses it ({code})")]
    Refused {
        /// The store's own name for the reason.
        code: String,
    },
    /// No token was to be had.
    #[error("no token for the store: {why}")]
    NoToken {
        /// Whose fault it is.
        why: String,
    },
    /// No connection.
    #[error("the store cannot be reached: {why}")]
    Unreachable {
        /// What the system says.
        why: String,
    },
    /// It asks to come back later, and still does after the time that may pass with waiting.
    #[error("the store throttles, still after {seconds} s")]
    Throttled {
        /// How long that time is.
        seconds: u64,
    },
    /// The blob is another one than when it was listed.
    #[error("it changed while it was read")]
    Changed,
    /// Another refusal.
    #[error("the store answers {status} ({code})")]
    Answer {
        /// HTTP status.
        status: u16,
        /// The store's own name for the reason.
        code: String,
    },
    /// An answer that is none.
    #[error("{0}")]
    Broken(&'static str),
}

/// What to do about a refusal, by the code of Azure Storage. Source: Microsoft, "Status and error codes" and "Blob service error codes".
static REFUSALS: &[(&str, &str)] = &[
    (
        "AuthenticationFailed",
        "the key or the signature is wrong, cut off, expired or of another account; check also this machine's clock",
    ),
    (
        "AuthorizationFailure",
        "the account's firewall may keep this machine out, or the credential lacks the right to read and list",
    ),
    ("AuthorizationPermissionMismatch", RIGHTS),
    ("AuthorizationProtocolMismatch", "the signature does not allow this protocol; give an https address"),
    ("AuthorizationResourceTypeMismatch", "the signature must cover containers and blobs: srt=co, or sr=c for one container"),
    ("AuthorizationServiceMismatch", "the signature must cover the Blob service: ss=b"),
    ("AuthorizationSourceIPMismatch", "the signature does not allow this machine's address"),
    ("InsufficientAccountPermissions", RIGHTS),
    ("InvalidAuthenticationInfo", "the token is expired, or of another tenant"),
    ("KeyBasedAuthenticationNotPermitted", "the account allows no keys and no signatures made with them: use an identity"),
    ("NoAuthenticationInformation", CREDENTIALS),
    ("PublicAccessNotPermitted", CREDENTIALS),
];

const RIGHTS: &str = "it needs the role Storage Blob Data Reader, or a signature with read and list (sp=rl)";

const CREDENTIALS: &str = "set a credential: AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, a service principal, or AZURE_USE_AZURE_CLI=true after az login; docs/azure.md";

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoContainer => {
                "check the container's name and the account: flow logs lie in insights-logs-flowlogflowevent or insights-logs-networksecuritygroupflowevent"
            }
            Self::NoBlob => "check the prefix: it ends at a /, and its case counts",
            Self::Refused { code } => REFUSALS.iter().find(|(name, _)| name == code).map_or(RIGHTS, |(_, hint)| hint),
            Self::NoToken { .. } => CREDENTIALS,
            Self::Unreachable { .. } => "check the account's name, the network and the proxy (HTTPS_PROXY)",
            Self::Throttled { .. } => "run again later, or set AZFLOW_AZURE_RETRY_SECONDS to wait longer",
            Self::Changed => "run again; a blob of the running hour grows every minute",
            Self::Answer { .. } | Self::Broken(_) => "run again; if it stays, ask whoever runs the storage account",
        }
    }
}
