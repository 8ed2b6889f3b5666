//! One connection to the browser's debugger (Chrome DevTools Protocol): commands and answers, with events kept as they come.
//!
//! Goes in: a method and its parameters. Comes out: its result. An answer that does not come within [`LIMIT`] is a panic.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket};

use super::LIMIT;

/// A connection and what came over it.
pub struct Wire {
    socket: WebSocket<TcpStream>,
    /// The number of the last command.
    last: u64,
    /// Every event until now, in order.
    pub events: Vec<Value>,
}

impl Wire {
    /// Connects to a path of the debugger at `127.0.0.1:port`.
    pub fn connect(debugger: &str, path: &str) -> Self {
        let stream = TcpStream::connect(debugger).expect("the browser's debugger listens");
        stream.set_nodelay(true).expect("a socket can be set");
        stream.set_read_timeout(Some(LIMIT)).expect("a socket can be set");
        stream.set_write_timeout(Some(LIMIT)).expect("a socket can be set");
        let (socket, _) = tungstenite::client(format!("ws://{debugger}{path}"), stream)
            .unwrap_or_else(|error| panic!("{path}: the debugger takes no connection: {error}"));
        Self { socket, last: 0, events: Vec::new() }
    }

    /// Sends a command and waits for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let shown: String = params.to_string().chars().take(300).collect();
        let id = self.send(method, params);
        let begin = Instant::now();
        while let Some(left) = LIMIT.checked_sub(begin.elapsed()) {
            let Some(mut message) = self.receive(left) else { continue };
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method} {shown}: {}", message["error"]);
                return message["result"].take();
            }
        }
        panic!("{method} {shown}: no answer within {LIMIT:?}");
    }

    /// Waits until an event of this method has come, and returns its parameters; events before `from` do not count.
    pub fn wait_for(&mut self, method: &str, from: usize) -> Value {
        let begin = Instant::now();
        loop {
            if let Some(event) = self.events.iter().skip(from).find(|event| event["method"] == method) {
                return event["params"].clone();
            }
            let left = LIMIT.checked_sub(begin.elapsed()).unwrap_or_else(|| panic!("{method}: not within {LIMIT:?}"));
            self.receive(left);
        }
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let command = json!({"id": self.last, "method": method, "params": params});
        self.socket.send(Message::text(command.to_string())).unwrap_or_else(|error| panic!("{method}: not sent: {error}"));
        self.last
    }

    /// The next message, or nothing within `limit`. An event is kept; a dialog is closed, since nothing runs behind it.
    fn receive(&mut self, limit: Duration) -> Option<Value> {
        self.socket.get_ref().set_read_timeout(Some(limit.max(Duration::from_millis(1)))).expect("a socket can be set");
        let text = match self.socket.read() {
            Ok(Message::Text(text)) => text,
            Ok(_) => return None,
            Err(Error::Io(error)) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => return None,
            Err(error) => panic!("the browser is gone: {error}"),
        };
        let message: Value = serde_json::from_str(&text).expect("the debugger speaks JSON");
        if message.get("method").is_some() {
            if message["method"] == "Page.javascriptDialogOpening" {
                self.send("Page.handleJavaScriptDialog", json!({"accept": false}));
            }
            self.events.push(message.clone());
        }
        Some(message)
    }
}
