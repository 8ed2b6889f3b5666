//! Azurite, the emulator of Azure Storage, and blobs in it as Azure writes flow logs.
//!
//! Goes in: records. Comes out: containers whose blobs grow block by block. Found in `AZFLOW_AZURITE`, a folder into which npm installed it,
//! or where `.ci/run` puts it; where there is none, tests skip. It keeps everything in memory, on loopback, and ends with the tests.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The emulator's account, and the key of it that everybody knows.
pub const ACCOUNT: &str = "devstoreaccount1";
pub const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// What Azure writes first and last.
const OPENER: &str = "{\"records\":[";
const CLOSER: &str = "]}";

/// The version of the REST interface that the tests speak.
const API_VERSION: &str = "2021-12-02";

/// How long it may take to start.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits until the tests let go of its standard input (they hold it as long as they live), then ends the emulator: a static is
/// never dropped, and a killed test drops nothing.
const GUARDIAN: &str = r#""$@" </dev/null >/dev/null 2>&1 & azurite=$!
read -r _
kill -KILL "$azurite" 2>/dev/null; wait "$azurite" 2>/dev/null"#;

/// The running emulator.
pub struct Azurite {
    port: u16,
    /// Holds the standard input of [`GUARDIAN`].
    _guardian: Child,
}

/// A container, and which blocks its blobs have.
pub struct Container<'a> {
    azurite: &'a Azurite,
    pub name: String,
    blocks: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Azurite {
    /// The emulator of this test binary, started by whoever asks first. `None`, with a printed note, where there is none.
    pub fn start() -> Option<&'static Self> {
        static AZURITE: OnceLock<Option<Azurite>> = OnceLock::new();
        let azurite = AZURITE.get_or_init(Self::launch).as_ref();
        if azurite.is_none() {
            eprintln!("skipped: no azurite (npm install --prefix FOLDER azurite, and AZFLOW_AZURITE=FOLDER)");
        }
        azurite
    }

    fn launch() -> Option<Self> {
        let program = program()?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let flags = [
            "--skipApiVersionCheck",
            "--loose",
            "--silent",
            "--disableTelemetry",
            "--inMemoryPersistence",
            "--blobHost",
            "127.0.0.1",
        ];
        let mut command = Command::new("sh");
        command.args(["-c", GUARDIAN, "sh"]).arg(program).args(flags).args(["--blobPort", &port.to_string()]);
        let guardian = command.current_dir(std::env::temp_dir()).stdin(Stdio::piped()).spawn().expect("a shell");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < LIMIT, "azurite does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { port, _guardian: guardian })
    }

    /// The URL of its Blob service.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// Variables by which azflow finds it, with the key of the account.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned()),
            ("AZURE_STORAGE_ENDPOINT", self.endpoint()),
        ]
    }

    /// A new, empty container.
    pub fn container(&self, name: &str) -> Container<'_> {
        let container = Container { azurite: self, name: name.to_owned(), blocks: Mutex::default() };
        container.put("", "restype=container", b"");
        container
    }
}

impl Container<'_> {
    /// Appends records to a blob as Azure does: a block of its own, before the closing block; the first of all makes the blob.
    pub fn grow(&self, blob: &str, records: &[String]) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = blocks.entry(blob.to_owned()).or_default();
        let is_new = blocks.is_empty();
        let (opener, closer) = (block_id(&format!("{:032}", 0)), block_id(&format!("Z{:031}", 0)));
        if is_new {
            self.put_block(blob, &opener, OPENER);
            self.put_block(blob, &closer, CLOSER);
            blocks.push(opener);
        }
        let comma = if blocks.len() > 1 { "," } else { "" };
        let id = block_id(&format!("{:032}", blocks.len()));
        self.put_block(blob, &id, &format!("{comma}{}", records.join(",")));
        blocks.push(id);
        self.put_block_list(blob, blocks.iter().chain([&closer]));
    }

    /// Makes a blob of these bytes, or writes it anew.
    pub fn write(&self, blob: &str, bytes: &[u8]) {
        let id = block_id(&format!("{:032}", 0));
        self.put(blob, &format!("comp=block&blockid={}", encoded(&id)), bytes);
        self.put_block_list(blob, [&id].into_iter());
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).remove(blob);
    }

    /// The https-like address of a blob or prefix, without a signature.
    pub fn address(&self, path: &str) -> String {
        format!("{}/{}/{}", self.azurite.endpoint(), self.name, encoded(path))
    }

    fn put_block(&self, blob: &str, id: &str, text: &str) {
        self.put(blob, &format!("comp=block&blockid={}", encoded(id)), text.as_bytes());
    }

    fn put_block_list<'a>(&self, blob: &str, ids: impl Iterator<Item = &'a String>) {
        let latest: String = ids.map(|id| format!("<Latest>{id}</Latest>")).collect();
        let list = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{latest}</BlockList>");
        self.put(blob, "comp=blocklist", list.as_bytes());
    }

    fn put(&self, blob: &str, query: &str, body: &[u8]) {
        let url = format!("{}?{query}&{}", self.address(blob), signature("rwdlc"));
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().proxy(None).build());
        let sent = agent.put(url.replace("/?", "?")).header("x-ms-version", API_VERSION).send(body);
        assert!(sent.is_ok(), "azurite refuses {blob}: {sent:?}");
    }
}

/// A shared access signature of the account, with these permissions, for a hundred years.
pub fn signature(permissions: &str) -> String {
    let end = "2124-01-01T00:00:00Z";
    let signed = format!("{ACCOUNT}\n{permissions}\nb\nsco\n\n{end}\n\n\n{API_VERSION}\n\n");
    let key = BASE64_STANDARD.decode(KEY).expect("a key");
    let signature = BASE64_STANDARD.encode(hmac_sha256(&key, signed.as_bytes()));
    format!("sv={API_VERSION}&ss=b&srt=sco&sp={permissions}&se={}&sig={}", encoded(end), encoded(&signature))
}

/// RFC 2104 over SHA-256, whose blocks have 64 bytes.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    let short = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..short.len()].copy_from_slice(&short);
    let keyed = |pad: u8, message: &[u8]| {
        let mut hash = Sha256::new();
        hash.update(block.map(|byte| byte ^ pad));
        hash.update(message);
        hash.finalize().to_vec()
    };
    keyed(0x5c, &keyed(0x36, message))
}

/// The id of a block: all of a blob are equally long.
fn block_id(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

/// A path or value as it stands in a URL.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Where the emulator is, if it is anywhere.
fn program() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let folder = std::env::var_os("AZFLOW_AZURITE").map(PathBuf::from).or_else(|| Some(cache?.join("azflow-azurite")))?;
    let program = folder.join("node_modules/.bin/azurite-blob");
    let has_node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    (has_node && program.exists()).then_some(program)
}

#[test]
fn the_hash_of_signatures_is_that_of_the_rfc() {
    // RFC 4231, test case 2.
    let hex: String = hmac_sha256(b"Jefe", b"what do ya want for nothing?").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
