//! The sender of webhooks against a receiver: what is tried again, how long it takes at most, and what is not followed.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use azflow::notify::address::Address;
use azflow::notify::failure::Failure;
use azflow::notify::post;
use azflow::notify::settings::Settings;

use crate::receiver::{Answer, Receiver};

/// Quick, and deaf to the environment's proxies.
fn quick() -> Settings {
    Settings { pause: Duration::from_millis(5), has_proxy: false, ..Settings::default() }
}

fn address(authority: impl std::fmt::Display) -> Address {
    Address::parse(&format!("http://{authority}/hook?token=secret")).expect("an address")
}

#[test]
fn a_request_is_one_post_with_these_headers_and_this_body() {
    let receiver = Receiver::start(&[Answer::Head("204 No Content")]);
    let host = receiver.address;
    assert_eq!(post(&address(host), b"{\"a\":1}", &quick()), Ok(()));
    let [request] = receiver.requests().try_into().expect("one request");
    let mut head = request.head.clone();
    assert_eq!(head.remove(0), "POST /hook?token=secret HTTP/1.1");
    head.sort_unstable();
    let agent = format!("user-agent: azflow/{}", env!("CARGO_PKG_VERSION"));
    let expected = ["accept: */*", "content-length: 7", "content-type: application/json", &format!("host: {host}"), &agent];
    assert_eq!(head, expected);
    assert_eq!(request.body, b"{\"a\":1}");
}

#[test]
fn trouble_of_the_receiver_is_tried_again_twice_and_no_more() {
    let busy = Answer::Head("503 Service Unavailable");
    let receiver = Receiver::start(&[busy, Answer::Nothing, Answer::Head("200 OK")]);
    assert_eq!(post(&address(receiver.address), b"{}", &quick()), Ok(()));
    assert_eq!(receiver.requests().len(), 3);
    let receiver = Receiver::start(&[busy; 3]);
    assert_eq!(post(&address(receiver.address), b"{}", &quick()), Err(Failure::Status(503)));
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn an_answer_that_will_stay_is_not_tried_again() {
    for (head, failure) in [
        ("404 Not Found", Failure::Status(404)),
        ("429 Too Many Requests", Failure::Status(429)),
        ("302 Found\nlocation: http://127.0.0.1:9/elsewhere", Failure::Redirect(302)),
        ("307 Temporary Redirect\nlocation: /again", Failure::Redirect(307)),
    ] {
        let receiver = Receiver::start(&[Answer::Head(head)]);
        let started = Instant::now();
        assert_eq!(post(&address(receiver.address), b"{}", &quick()), Err(failure), "{head}");
        assert_eq!(receiver.requests().len(), 1, "{head}");
        assert!(started.elapsed() < Duration::from_secs(5), "{head}");
    }
}

#[test]
fn a_receiver_that_hangs_holds_nobody_longer_than_the_time_allowed() {
    // Connections are taken by the system and never answered.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let settings = Settings { whole: Duration::from_millis(300), ..quick() };
    let started = Instant::now();
    let failure = post(&address(silent.local_addr().expect("an address")), b"{}", &settings);
    assert_eq!(failure, Err(Failure::Slow(settings.whole)));
    assert!((300..3_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[test]
fn where_nobody_listens_the_reason_is_the_systems() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let failure = post(&address(free), b"{}", &quick()).expect_err("nobody listens");
    assert_eq!(failure, Failure::Connection(std::io::ErrorKind::ConnectionRefused));
    assert_eq!(failure.to_string(), "no connection: connection refused; hint: check that it is reachable from here");
}

#[test]
fn a_host_that_is_not_known_is_told_as_such() {
    // The top level domain that never exists (RFC 6761).
    let settings = Settings { retries: 0, ..quick() };
    let failure = post(&address("azflow.invalid"), b"{}", &settings).expect_err("no such host");
    // Where no name is looked up at all, the time may run out first.
    assert!([Failure::Unknown, Failure::Slow(settings.whole)].contains(&failure), "{failure:?}");
}

#[test]
fn tls_where_there_is_none_is_told_as_such() {
    let plain = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = plain.local_addr().expect("an address");
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().expect("a connection");
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("an answer");
    });
    let address = Address::parse(&format!("https://{host}/secret")).expect("an address");
    assert_eq!(post(&address, b"{}", &quick()), Err(Failure::Insecure));
    answers.join().expect("one connection");
}

#[test]
fn one_provider_of_cryptography_is_built() {
    let lock = include_str!("../../Cargo.lock");
    let has = |name: &str| lock.contains(&format!("\nname = \"{name}\"\n"));
    assert!(has("ring") && !has("aws-lc-rs") && !has("openssl-sys"), "webhooks and Azure storage share ring");
}

#[test]
fn a_user_in_the_address_is_sent_as_basic_authentication() {
    let receiver = Receiver::start(&[Answer::Head("200 OK")]);
    let address = address(format!("user:secret@{}", receiver.address));
    assert_eq!(post(&address, b"{}", &quick()), Ok(()));
    let [request] = receiver.requests().try_into().expect("one request");
    assert_eq!(request.header("authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
}
