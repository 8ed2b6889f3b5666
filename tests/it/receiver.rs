//! A receiver of webhooks on the loopback device: takes requests one after the other, and answers as it is told.
//!
//! Goes in: the answers, one per request. Comes out: the requests, whole. Understands HTTP as far as a head and a counted body.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// An answer to one request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A status line and header lines, each without its end, then the end of the connection.
    Head(&'static str),
    /// The connection ends without an answer.
    Nothing,
}

/// A request as it came.
#[derive(Debug)]
pub struct Request {
    /// The request line, then the header lines, without their ends.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A receiver that takes as many requests as it has answers.
pub struct Receiver {
    pub address: SocketAddr,
    requests: JoinHandle<Vec<Request>>,
}

impl Receiver {
    pub fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let answers = answers.to_vec();
        let requests = std::thread::spawn(move || answers.into_iter().map(|answer| take(&listener, answer)).collect());
        Self { address, requests }
    }

    /// Every request; waits until all have come.
    pub fn requests(self) -> Vec<Request> {
        self.requests.join().expect("the receiver took every request")
    }
}

fn take(listener: &TcpListener, answer: Answer) -> Request {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(&stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line of the head");
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut request = Request { head, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).expect("the body");
    if let Answer::Head(lines) = answer {
        respond(&stream, lines);
    }
    request
}

fn respond(mut stream: &TcpStream, lines: &str) {
    let lines = lines.replace('\n', "\r\n");
    // Whoever gave up waiting does not hear it.
    let _ = write!(stream, "HTTP/1.1 {lines}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}
