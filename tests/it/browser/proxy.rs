//! The only way out of a page: a proxy that lets nothing through and counts who asked.
//!
//! Goes in: connections of one page's context. Comes out: the first line of each, that is method and host. Answers 502 to all.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use super::LIMIT;

/// A listener on a free port of this machine, for the life of the test binary.
pub struct CountingProxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl CountingProxy {
    /// Begins to listen. Its thread ends with the tests.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut line = String::new();
                let read = stream.set_read_timeout(Some(LIMIT)).and_then(|()| BufReader::new(&stream).read_line(&mut line));
                log.lock().unwrap_or_else(PoisonError::into_inner).push(match read {
                    Ok(_) => line.trim_end().to_owned(),
                    Err(error) => format!("a connection that said nothing: {error}"),
                });
                // The page may have gone; it asked all the same.
                let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Self { address, asked }
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The first line of every connection until now, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
